//! The stories of several drainers on one queue, and of messages that come more than once.

use std::time::Duration;

use kit::{Action, Fault, Outcome, QUEUE, When};

use crate::scene::Scene;

#[test]
fn four_drainers_with_short_visibility_and_slow_inserts_store_each_message_once() {
    let scene = Scene::with_visibility("1");
    scene.send_logins(1200);
    scene.database.slow_down_inserts("0.7");
    let arguments = ["--batch-size", "200", "--receivers", "4"];
    let runs: Vec<_> = (0..4).map(|_| scene.start(&arguments)).collect();
    let runs: Vec<Outcome> = runs.into_iter().map(|run| run.wait().expect_exit(0)).collect();
    let inserted: u64 = runs.iter().map(|run| run.number("inserted")).sum();
    assert_eq!(inserted, 1200);
    assert_eq!(scene.database.deadlocks(), 0);
    scene.books().check();
    scene.database.run("DROP TRIGGER slow ON user_logins");
    scene.settle();
}

#[test]
fn messages_delivered_twice_and_ten_times_are_one_row_each() {
    let scene = Scene::new();
    (0..100).for_each(|_| scene.send_login_times(2));
    (0..30).for_each(|_| scene.send_login_times(10));
    for batch_size in ["1", "7", "1000"] {
        let run = scene.run(&["--batch-size", batch_size]).expect_exit(0);
        assert_eq!(run.number("received"), run.number("inserted") + run.number("duplicates"));
        scene.books().check_drained();
        (0..40).for_each(|_| scene.send_login_times(3));
    }
    scene.settle();
}

#[test]
fn messages_that_stand_twice_in_one_reply_or_come_again_in_the_next_are_one_row_each() {
    let scene = Scene::new();
    scene.send_logins(100);
    scene.server().fault(Fault::DuplicateNow, When::Chance(Action::ReceiveMessage, 0.5));
    scene.server().fault(Fault::DuplicateNext, When::Next(Action::ReceiveMessage, 10));
    let run = scene.run(&["--batch-size", "25"]).expect_exit(0).expect("inserted", 100);
    assert!(run.number("duplicates") > 0);
    scene.books().check_drained();
}

#[test]
fn messages_whose_visibility_ends_between_commit_and_delete_are_known_when_they_come_back() {
    let scene = Scene::with_visibility("1");
    scene.send_logins(60);
    scene
        .server()
        .fault(Fault::Latency(Duration::from_millis(1500)), When::Next(Action::DeleteMessageBatch, 4));
    let run = scene.run(&["--batch-size", "20", "--wait-seconds", "3"]).expect_exit(0).expect("inserted", 60);
    assert!(run.number("duplicates") > 0, "{run:#?}");
    scene.books().check();
    scene.settle();
    assert_eq!(scene.server().counts(QUEUE).visible, 0);
}

#[test]
fn a_fifo_queue_keeps_the_order_of_a_group_and_drains_a_backlog_in_one_run() {
    let scene = Scene::with(kit::sqs_server::Options::default(), "logins.fifo", "30");
    let sent: Vec<Vec<String>> =
        (0..3).map(|group| scene.send_group(&format!("group-{group}"), 70)).collect();
    let run = scene.run(&["--receivers", "4", "--batch-size", "20"]).expect_exit(0).expect("inserted", 210);
    assert_eq!(run.number("duplicates"), 0);
    let stored = scene.database.rows("SELECT user_id FROM user_logins ORDER BY ctid");
    for group in sent {
        let stored: Vec<&String> = stored.iter().filter(|user| group.contains(user)).collect();
        assert_eq!(stored, group.iter().collect::<Vec<_>>());
    }
    scene.books().check_drained();
}
