//! The test that no raw ip or device id leaves the program: not into the database, not onto a stream.

use serde_json::json;

use kit::{Action, Cluster, Fault, Outcome, Scene, When, login_with, wait_until};

/// Values that nothing else looks like. Their digits must not survive either.
const IP: &str = "203.0.113.77";
const IPV6: &str = "2001:db8:77aa::77bb";
const DEVICE: &str = "dev-8675309-marker";
const MARKERS: [&str; 6] = [IP, IPV6, DEVICE, "8675309", "203.0.113", "77aa"];

fn assert_private(text: &str, place: &str) {
    for marker in MARKERS {
        assert!(!text.contains(marker), "{marker} in {place}:\n{text}");
    }
}

fn assert_silent(outcome: &Outcome, place: &str) {
    assert_private(&outcome.words(), place);
}

/// Good and bad bodies, all with marked values in every place where a producer might put them.
fn bodies() -> Vec<String> {
    let marked = |changes: &[(&str, serde_json::Value)]| {
        let mut all = vec![("ip", json!(IP)), ("device_id", json!(DEVICE))];
        all.extend_from_slice(changes);
        login_with("anna", &all)
    };
    let good = marked(&[]);
    let inner = marked(&[("app_version", json!(null))]);
    vec![
        good.clone(),
        marked(&[("ip", json!(IPV6))]),
        inner.clone(),
        marked(&[("app_version", json!("2.x"))]),
        marked(&[("locale", json!("l".repeat(33)))]),
        marked(&[("user_id", json!(""))]),
        marked(&[("device_type", json!(7))]),
        marked(&[("device_type", json!("andr\u{0}id"))]),
        marked(&[("ip", json!({"v4": IP, "v6": IPV6}))]),
        marked(&[("device_id", json!([DEVICE, 8_675_309]))]),
        good[..good.len() - 9].to_owned(),
        format!("login from ip={IP} device_id={DEVICE} failed"),
        format!("[{good}]"),
        json!({"nested": {"deep": [{"IP": IP, "Device_ID": DEVICE}]}, "note": format!("from {IP}")})
            .to_string(),
        json!({"Type": "Notification", "Message": inner}).to_string(),
        json!({"Type": "Notification", "Message": format!("broken {good}")}).to_string(),
        json!(format!("text with {IP} and {IPV6}")).to_string(),
    ]
}

#[test]
fn no_raw_value_reaches_the_database_or_a_stream() {
    let bodies = bodies();
    let scene = Scene::scripted().ready(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
    assert_silent(&scene.peek().flags("-n 100").may_say_anything().run(), "peek");
    assert_silent(&scene.peek().flags("-n 100 --format json").may_say_anything().run(), "peek as JSON");
    // The guard accuses the producer, in the dry run as in the real one.
    assert_silent(&scene.drain().flags("--dry-run").exits(1).may_say_anything().run(), "dry run");
    assert_silent(&scene.drain().exits(1).may_say_anything().run(), "a run that the guard ends");
    scene.server().expire_visibility(scene.queue.name());
    let metrics = scene.file("metrics.prom", b"", 0o600).display().to_string();
    let drain = scene.drain().flags("--max-reject-percent 100 --metrics-file").flags(&metrics);
    assert_silent(&drain.exits(3).may_say_anything().run(), "drain");
    let metrics = std::fs::read_to_string(metrics).unwrap();
    assert!(metrics.contains("rejected_messages"), "{metrics}");
    assert_private(&metrics, "the metrics");
    assert_eq!(scene.database.counts(), [2, 2, bodies.len() - 2]);
    assert_private(&scene.database.dump(), "the database");
}

#[test]
fn no_raw_value_is_in_an_error() {
    let bodies = bodies();
    let ready = || Scene::scripted().ready(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
    let all = "--max-reject-percent 100";

    // A constraint whose violation the server describes with the whole row.
    let scene = ready();
    scene.database.run("ALTER TABLE user_logins ADD UNIQUE (masked_device_id)");
    assert_silent(&scene.drain().flags(all).exits(3).may_say_anything().run(), "a refused row");
    assert_private(&scene.database.dump(), "the database");

    // A trigger that fails with the row in its text.
    let scene = ready();
    scene.database.run(
        "CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'row %', NEW USING ERRCODE = '42P17'; END $$;
         CREATE TRIGGER tell BEFORE INSERT ON login_drain_rejects FOR EACH ROW EXECUTE FUNCTION tell()",
    );
    assert_silent(&scene.drain().flags(all).exits(1).may_say_anything().run(), "a failing trigger");

    let scene = ready();
    scene.server().fault(Fault::Code("AccessDenied"), When::Always(Action::DeleteMessageBatch));
    assert_silent(&scene.drain().flags(all).exits(1).may_say_anything().run(), "a refused deletion");

    // A reply that is cut in the middle of a body.
    let scene = ready();
    let cut = Fault::Truncate { at: 250, ending: kit::Ending::RightLength };
    scene.server().fault(cut, When::Always(Action::ReceiveMessage));
    assert_silent(&scene.drain().flags(all).exits(75).may_say_anything().run(), "a cut reply");
}

#[test]
fn no_core_file_can_carry_bodies_or_keys_out() {
    let scene = Scene::scripted().ready(&[]);
    let stopping = "stopping: finishing the open batch";
    let running = scene.program("drain").flags("--wait-seconds 20").prints("").complains(stopping).exits(4);
    let running = running.start();
    wait_until("the program waits", || scene.server().calls().count(Action::ReceiveMessage) > 0);
    let limits = running.told_by_system("limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).collect::<Vec<_>>(), ["0", "0", "bytes"]);
    running.terminate();
    running.wait();
}

#[test]
fn of_forty_logins_that_a_key_refuses_the_servers_log_shows_one_at_most() {
    let (scene, cluster) = (Scene::scripted(), Cluster::start());
    let program = |command: &str| scene.program(command).env("DATABASE_URL", &cluster.right_url());
    program("init-db").prints("are ready").run();
    cluster.run_each(&["ALTER TABLE user_logins ADD UNIQUE (user_id)"]);
    let bodies: Vec<String> = (0..80)
        .map(|number| login_with(&format!("user-marker-{}", number % 40), &[("ip", json!(IP))]))
        .collect();
    scene.queue.send(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
    for _ in 0..2 {
        let drain =
            program("drain --wait-seconds 0 --batch-size 20 --format json").exits(3).may_say_anything().run();
        assert_private(&drain.words(), "a run");
        assert_eq!(cluster.number("SELECT count(*) FROM login_drain_rejects"), 40);
        scene.server().expire_visibility(scene.queue.name());
    }
    let log = cluster.log();
    assert_private(&log, "the server's log");
    assert!(log.matches("user-marker").count() <= 1, "{log}");
}
