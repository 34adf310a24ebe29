//! The soak: round after round of drainers under a random mix of faults, and three counts at the end.
//! `LOGIN_DRAIN_SOAK_MINUTES` sets how long it goes on (scripts/soak); without it, a few seconds.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kit::postgres_proxy::{Cut, Trigger};
use kit::sqs_server::Options;
use kit::{Action, Ending, Fault, QUEUE, Running, Stage, When};
use serde_json::json;

use crate::scene::Scene;
use crate::steps::{BEGIN, CLAIM, COMMIT, INSERT};

const DEAD_LETTERS: &str = "dead-letters";

/// A new database now and then, so that checking stays quick.
const ROUNDS_PER_SCENE: usize = 25;

#[derive(Debug, Default)]
struct Counts {
    runs: usize,
    messages: usize,
    lost: usize,
    doubled: usize,
    failed: usize,
}

#[test]
fn nothing_is_lost_doubled_or_failed_under_a_random_mix_of_faults() {
    let minutes = std::env::var("LOGIN_DRAIN_SOAK_MINUTES").ok().and_then(|minutes| minutes.parse().ok());
    let time =
        minutes.map_or(Duration::from_secs(10), |minutes: f64| Duration::from_secs_f64(minutes * 60.0));
    let until = Instant::now() + time;
    let mut counts = Counts::default();
    while Instant::now() < until {
        soak_one_scene(until, &mut counts);
        println!("{counts:?}");
    }
    println!("lost {}, doubled {}, failed {}", counts.lost, counts.doubled, counts.failed);
    println!("({} messages in {} runs)", counts.messages, counts.runs);
    assert_eq!((counts.lost, counts.doubled, counts.failed), (0, 0, 0));
}

fn soak_one_scene(until: Instant, counts: &mut Counts) {
    let seed = crate::extent::seed() + counts.runs as u64;
    let scene = Scene::with_seed(seed, Options::default(), QUEUE, "2");
    scene.server().create_queue(DEAD_LETTERS, &[]);
    scene.database.run(ODD);
    for _ in 0..ROUNDS_PER_SCENE {
        if Instant::now() >= until {
            break;
        }
        send_some(&scene);
        plan_faults(&scene);
        scene.database.run(MENDED);
        if scene.random_below(2) == 0 {
            scene.database.run(REFUSALS[scene.random_below(3) as usize]);
        }
        run_some(&scene, counts);
        let books = scene.books();
        report("lost", books.lost().len(), &mut counts.lost);
        report("doubled", books.doubled().len(), &mut counts.doubled);
    }
    counts.messages += scene.sent();
    scene.database.run(MENDED);
    if catch_unwind(AssertUnwindSafe(|| scene.settle())).is_err() {
        counts.failed += 1;
    }
}

fn report(what: &str, number: usize, count: &mut usize) {
    if number > 0 {
        println!("{what}: {number}");
        *count += number;
    }
}

fn send_some(scene: &Scene) {
    scene.send_logins(100 + scene.random_below(2000) as usize);
    (0..scene.random_below(30)).for_each(|_| scene.send_login_times(2));
    (0..scene.random_below(10)).for_each(|_| scene.send("no login", None));
    for _ in 0..scene.random_below(60) {
        let (user, body) = scene.login();
        scene.send(&wrapped(scene, &body), Some(user));
    }
    (0..scene.random_below(3)).for_each(|_| scene.send(MISPLACED, None));
}

/// A login whose producer has swapped fields: it stays on the queue, whatever the table takes.
const MISPLACED: &str = r#"{"user_id": "swapped", "app_version": "2.3.0", "device_type": "android", "ip": "203.113.9.9",
    "locale": "203.113.9.9", "device_id": "771-66-9999"}"#;

/// As other services hand a body on, up to four deep.
fn wrapped(scene: &Scene, body: &str) -> String {
    (0..=scene.random_below(4)).fold(body.to_owned(), |body, _| match scene.random_below(4) {
        0 => json!(body).to_string(),
        1 => STANDARD.encode(body),
        2 => json!({"Type": "Notification", "TopicArn": "t", "Message": body}).to_string(),
        _ => json!({"specversion": "1.0", "type": "login", "data": body}).to_string(),
    })
}

/// What the table does not take for now, a part of all logins, which it takes once it is mended.
const REFUSALS: [&str; 3] = [
    "ALTER TABLE user_logins ADD CONSTRAINT odd CHECK (user_id !~ '[01]$') NOT VALID",
    "ALTER TABLE user_logins ADD CONSTRAINT odd CHECK (user_id !~ '[a-f]$') NOT VALID",
    "CREATE TRIGGER odd BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION odd()",
];
const ODD: &str = "CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.user_id ~ '3$' THEN RAISE EXCEPTION 'odd' USING ERRCODE = 'UX001'; END IF;
    IF NEW.user_id ~ '4$' THEN RETURN NULL; END IF;
    RETURN NEW; END $$";
const MENDED: &str = "ALTER TABLE user_logins DROP CONSTRAINT IF EXISTS odd;
    DROP TRIGGER IF EXISTS odd ON user_logins";

/// Each with its own small chance, many at once.
fn plan_faults(scene: &Scene) {
    use Action::{DeleteMessageBatch as Delete, ReceiveMessage as Receive};
    scene.server().clear_faults();
    scene.proxy.clear();
    let chance = |of: Action, percent: f64| When::Chance(of, percent / 100.0);
    for action in [Receive, Delete] {
        scene.server().fault(Fault::Code("RequestThrottled"), chance(action, 5.0));
        scene.server().fault(Fault::Code("InternalFailure"), chance(action, 3.0));
        scene.server().fault(Fault::Reset(Stage::Before), chance(action, 2.0));
        scene.server().fault(Fault::Reset(Stage::After), chance(action, 2.0));
        scene.server().fault(Fault::html(), chance(action, 1.0));
        scene.server().fault(Fault::empty(), chance(action, 1.0));
        let at = scene.random_below(600) as usize;
        scene.server().fault(Fault::Truncate { at, ending: Ending::RightLength }, chance(action, 2.0));
        scene.server().fault(Fault::Latency(Duration::from_millis(700)), chance(action, 3.0));
    }
    scene
        .server()
        .fault(Fault::FailEntries { positions: vec![0, 5], sender_fault: false }, chance(Delete, 10.0));
    let gateway =
        Fault::Status { stage: Stage::After, status: 502, body: "<html>Bad Gateway</html>".to_owned() };
    scene.server().fault(gateway, chance(Receive, 2.0));
    scene.server().fault(Fault::Code("InvalidMessageContents"), chance(Action::SendMessage, 30.0));
    scene.server().fault(Fault::Code("RequestThrottled"), chance(Action::SendMessage, 10.0));
    scene.server().fault(Fault::StaleHandles(vec![3]), chance(Delete, 5.0));
    scene.server().fault(Fault::DuplicateNow, chance(Receive, 5.0));
    scene.server().fault(Fault::ExpireVisibility, chance(Receive, 2.0));
    scene.server().fault(Fault::WrongMd5(2), chance(Receive, 3.0));
    let cuts = [Cut::BeforeForward, Cut::AfterReply, Cut::FreezeAfter(Some(Duration::from_millis(800)))];
    for sql in [COMMIT, CLAIM, INSERT, BEGIN] {
        let nth = 1 + scene.random_below(4) as usize;
        scene.proxy.on_nth(Trigger::Sql(sql), cuts[scene.random_below(3) as usize], nth);
    }
}

/// One to three drainers at once; some are killed, some told to stop, and connections are cut meanwhile.
fn run_some(scene: &Scene, counts: &mut Counts) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(100));
                if scene.random_below(10) == 0 {
                    scene.database.cut_connections();
                }
            }
        });
        let batch_size = (1 + scene.random_below(100)).to_string();
        let dead_letters = scene.server().queue_url(DEAD_LETTERS);
        let mut arguments =
            vec!["--batch-size", &batch_size, "--receivers", "3", "--max-reject-percent", "100"];
        arguments.extend(["--patience", "5"]);
        match scene.random_below(3) {
            0 => arguments.extend(["--rejects", "keep"]),
            1 => arguments.extend(["--rejects", "dead-letter", "--dead-letter-queue-url", &dead_letters]),
            _ => {}
        }
        let runs: Vec<Running> = (0..=scene.random_below(3)).map(|_| scene.start(&arguments)).collect();
        for run in runs {
            counts.runs += 1;
            counts.failed += usize::from(!ends_well(scene, run));
        }
        over.store(true, Ordering::Relaxed);
    });
    scene.server().expire_visibility(QUEUE);
}

/// Every exit but 1 is one that the faults explain. Hangs, panics and leaks fail inside.
fn ends_well(scene: &Scene, run: Running) -> bool {
    let fate = scene.random_below(6);
    let pause = Duration::from_millis(scene.random_below(1500));
    let ended = catch_unwind(AssertUnwindSafe(|| match fate {
        0 | 1 => {
            std::thread::sleep(pause);
            run.kill()
        }
        _ => run.wait(),
    }));
    let Ok(ended) = ended else { return false };
    let explained = matches!(ended.code, None | Some(0 | 3 | 4 | 75));
    if !explained {
        println!("failed: {ended:#?}");
    }
    explained
}
