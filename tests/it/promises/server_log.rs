//! The tests of what PostgreSQL's own log shows of refused logins, by the server's default settings.

use kit::{Cluster, Scene, login_with};
use serde_json::json;

const IP: &str = "203.0.113.77";
const DEVICE: &str = "dev-8675309-marker";

/// Drains two hundred logins, of which the table refuses some by this rule, and gives the server's log.
fn log_after(rule: &str, refused: usize) -> String {
    let (scene, cluster) = (Scene::scripted(), Cluster::start());
    let program = |command: &str| scene.program(command).env("DATABASE_URL", &cluster.right_url());
    program("init-db").prints("are ready").run();
    cluster.run_each(&[rule]);
    for number in 0..200 {
        let locale = if number < refused { "XX" } else { "RU" };
        let body = login_with(
            &format!("user-marker-{number}"),
            &[("ip", json!(IP)), ("device_id", json!(DEVICE)), ("locale", json!(locale))],
        );
        scene.server().send(scene.queue.name(), &body);
    }
    let before = cluster.log().lines().count();
    for batch_size in [200, 30] {
        let drain = format!("drain --wait-seconds 0 --batch-size {batch_size}");
        program(&drain).exits(3).prints(&format!("{refused} refused")).may_say_anything().run();
        scene.server().expire_visibility(scene.queue.name());
    }
    assert_eq!(cluster.number("SELECT count(*) FROM user_logins"), 200 - refused as i64, "{rule}");
    let log: Vec<String> = cluster.log().lines().skip(before).map(str::to_owned).collect();
    log.join("\n")
}

#[test]
fn refused_logins_leave_a_few_lines_in_the_servers_log_and_no_address() {
    let trigger = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF NEW.locale = 'XX' THEN RAISE EXCEPTION 'no' USING ERRCODE = 'UX001'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER refuse BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION refuse()";
    for (rule, refused) in [
        ("ALTER TABLE user_logins ADD CHECK (locale <> 'XX')", 1),
        ("ALTER TABLE user_logins ADD CHECK (locale <> 'XX')", 40),
        ("ALTER TABLE user_logins ADD UNIQUE (locale, device_type, user_id), ADD CHECK (locale <> 'XX')", 3),
        (trigger, 40),
    ] {
        let log = log_after(rule, refused);
        assert!(!log.contains(IP) && !log.contains(DEVICE), "{log}");
        assert!(log.matches("user-marker").count() <= 1, "{rule}: {log}");
        assert!(log.lines().count() <= 12, "{rule}: {log}");
    }
}
