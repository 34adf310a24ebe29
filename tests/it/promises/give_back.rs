//! The tests of what a give-back answers, and of the order in which a run ends.

use std::time::Duration;

use kit::sqs_server::Options;
use kit::{Action, Database, Fault, QUEUE, Scene, Server, When, login, rogue, wait_until};

const GIVE_BACK: Action = Action::ChangeMessageVisibilityBatch;

/// Both ways in which a server does not give back: the whole call, and single entries.
fn refusals() -> [Fault; 2] {
    [Fault::Code("AccessDenied"), Fault::FailEntries { positions: (0..10).collect(), sender_fault: true }]
}

fn with_logins(count: usize) -> Scene {
    let scene = Scene::scripted().ready(&[]);
    (0..count).for_each(|number| drop(scene.server().send(QUEUE, &login(&number.to_string()))));
    scene
}

#[test]
fn a_dry_run_that_could_not_give_back_says_so() {
    for refusal in refusals() {
        let scene = with_logins(30);
        scene.server().fault(refusal, When::Always(GIVE_BACK));
        let told = scene.drain().flags("--dry-run").exits(3).prints("30 could not be given back").run();
        assert!(!told.stdout.contains("all given back"), "{}", told.stdout);
        assert_eq!(scene.server().counts(QUEUE).in_flight, 30);
    }
}

#[test]
fn a_run_that_is_told_to_stop_and_could_not_give_back_says_so() {
    for refusal in refusals() {
        let scene = with_logins(2000);
        scene.server().fault(refusal, When::Always(GIVE_BACK));
        scene.database.slow_down_inserts("0.3");
        let running =
            scene.drain().flags("--batch-size 10 --format json").may_say_anything().exits(4).start();
        wait_until("rows come in", || scene.database.count("user_logins") > 0);
        running.terminate();
        let books = running.books();
        let hidden = scene.server().counts(QUEUE).in_flight as u64;
        assert!(hidden > 0 && books["give_back_failures"] == hidden, "{hidden} hidden: {books}");
    }
}

#[test]
fn a_batch_that_the_database_refuses_and_that_could_not_be_given_back_is_told() {
    for refusal in refusals() {
        let scene = with_logins(20);
        scene.server().fault(refusal, When::Always(GIVE_BACK));
        scene.database.run("ALTER TABLE login_drain_ledger ADD CONSTRAINT closed CHECK (message_id IS NULL)");
        let failed = scene.drain().flags("--format json").may_say_anything().exits(1).start().books();
        assert_eq!(failed["give_back_failures"], 20, "{failed}");
        let told = with_logins(20);
        told.server().fault(Fault::Code("AccessDenied"), When::Always(GIVE_BACK));
        told.database.run("ALTER TABLE login_drain_ledger ADD CONSTRAINT closed CHECK (message_id IS NULL)");
        let told = told.drain().exits(1).complains("20 not given back").run();
        assert!(!told.stderr.contains("20 given back"), "{}", told.stderr);
    }
}

#[test]
fn groups_of_a_fifo_queue_that_could_not_be_freed_are_told() {
    for refusal in refusals() {
        let queue = "logins.fifo";
        let server = Server::start(Options::default());
        let scene =
            Scene::on(server, queue, &[("FifoQueue", "true")], Database::with_own_schema()).ready(&[]);
        for group in 0..12 {
            let body = if group < 3 { rogue() } else { login("anna") };
            scene.server().send_in_group(queue, &body, &group.to_string());
        }
        scene.server().fault(refusal, When::Always(GIVE_BACK));
        let books = scene.drain().flags("--rejects keep").exits(3).books();
        assert_eq!(books["give_back_failures"], 3, "{books}");
    }
}

#[test]
fn what_is_given_back_at_the_end_is_not_received_again_by_the_same_run() {
    let scene = with_logins(3000);
    scene.server().set_latency(Duration::from_millis(20));
    scene.database.slow_down_inserts("0.2");
    let running = scene.drain().flags("--batch-size 50 --format json").may_say_anything().exits(4).start();
    wait_until("rows come in", || scene.database.count("user_logins") > 0);
    running.terminate();
    let books = running.books();
    assert!(books["released"].as_u64() > Some(0), "{books}");
    let calls = scene.server().calls();
    let last_receive = calls.of(Action::ReceiveMessage).map(|call| call.at).max();
    let first_give_back = calls.of(GIVE_BACK).map(|call| call.at).min();
    assert!(last_receive < first_give_back, "receives end first");
}

#[test]
fn a_run_that_fails_receives_nothing_again_that_it_gave_back() {
    let scene = with_logins(60);
    scene.server().set_latency(Duration::from_millis(20));
    scene.database.run("ALTER TABLE login_drain_ledger ADD CONSTRAINT closed CHECK (message_id IS NULL)");
    let books = scene.drain().flags("--batch-size 10").may_say_anything().exits(1).books();
    assert!(books["received"].as_u64() <= Some(60), "{books}");
    assert_eq!(scene.server().counts(QUEUE).in_flight, 0);
}
