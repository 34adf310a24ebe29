//! The stories of SIGTERM, SIGINT and the limits of a run: an end in good order.

use std::time::Duration;

use rustix::process::Signal;

use crate::bench::scene::QUEUE;
use crate::bench::{Scene, until};
use crate::sqs_server::Action;

/// The open batch is finished, the rest is visible again at once, and the exit code says that it was early.
fn stopped_in_good_order(signal: Signal) {
    let scene = Scene::with_visibility("600");
    scene.send_logins(2000);
    scene.database.slow_down_inserts("0.2");
    let run = scene.start(&["--batch-size", "100", "--wait-seconds", "5"]);
    until("the first batch", || scene.database.count("user_logins") > 0);
    run.signal(signal);
    let run = run.finish().expect_exit(4);
    // The program's own limit is 9 s, and 120 batches of work were left.
    assert!(run.took < Duration::from_secs(15), "{run:#?}");
    let counts = scene.sqs.counts(QUEUE);
    assert_eq!(counts.in_flight, 0, "messages were not given back: {counts:?}");
    assert!(counts.visible > 0);
    assert_eq!(run.number("received"), run.number("inserted") + run.number("released"));
    scene.database.run("DROP TRIGGER slow ON user_logins");
    scene.settle();
}

#[test]
fn sigterm_finishes_the_open_batch_and_gives_the_rest_back() {
    stopped_in_good_order(Signal::TERM);
}

#[test]
fn sigint_finishes_the_open_batch_and_gives_the_rest_back() {
    stopped_in_good_order(Signal::INT);
}

#[test]
fn a_signal_ends_a_long_poll_on_an_empty_queue() {
    let scene = Scene::new();
    let run = scene.start(&["--wait-seconds", "20"]);
    until("the long poll", || scene.sqs.calls().count(Action::ReceiveMessage) > 0);
    run.signal(Signal::TERM);
    let run = run.finish().expect_exit(4);
    assert!(run.took < Duration::from_secs(10), "{run:#?}");
}

#[test]
fn a_second_signal_ends_the_run_at_once_and_loses_nothing() {
    let scene = Scene::new();
    scene.send_logins(200);
    scene.database.slow_down_inserts("5");
    let run = scene.start(&["--batch-size", "100"]);
    let is_insert = |sql: &String| sql.contains("INSERT INTO user_logins");
    until("the insert", || scene.proxy.statistics().statements.iter().any(is_insert));
    run.signal(Signal::TERM);
    std::thread::sleep(Duration::from_millis(300));
    run.signal(Signal::TERM);
    run.finish().expect_exit(4);
    scene.database.run("DROP TRIGGER slow ON user_logins");
    scene.settle();
}

#[test]
fn max_messages_receives_no_more_than_told() {
    let scene = Scene::new();
    scene.send_logins(500);
    scene.run(&["--max-messages", "123"]).expect_exit(4).expect("inserted", 123);
    assert_eq!(scene.sqs.counts(QUEUE).visible, 377);
    scene.settle();
}

#[test]
fn max_seconds_stops_receiving_and_stores_what_was_received() {
    let scene = Scene::new();
    scene.send_logins(3000);
    scene.database.slow_down_inserts("0.3");
    let run = scene.run(&["--max-seconds", "1", "--batch-size", "50", "--receivers", "1"]).expect_exit(4);
    assert_eq!(run.number("received"), run.number("inserted") + run.number("released"));
    assert_eq!(scene.sqs.counts(QUEUE).in_flight, 0);
    scene.database.run("DROP TRIGGER slow ON user_logins");
    scene.settle();
}
