//! The stories of SIGTERM, SIGINT and the limits of a run: an end in good order.

use std::time::Duration;

use kit::{Action, QUEUE, Running, wait_until};

use crate::scene::Scene;
use crate::steps::INSERT;

/// All that a run complains of which ends before the eight seconds are over that it gives itself.
const STOPPING: &str = "login-drain: stopping: finishing the open batch (a second signal stops at once)\n";

/// The open batch is finished, the rest is visible again at once, and the exit code says that it was early.
fn stopped_in_good_order(stop: fn(&Running)) {
    let scene = Scene::with_visibility("600");
    scene.send_logins(2000);
    scene.database.slow_down_inserts("0.2");
    let run = scene.start(&["--batch-size", "100", "--wait-seconds", "5"]);
    wait_until("the first batch", || scene.database.count("user_logins") > 0);
    stop(&run);
    let run = run.wait().expect_exit(4);
    assert_eq!(run.stderr, STOPPING);
    let counts = scene.server().counts(QUEUE);
    assert_eq!(counts.in_flight, 0, "messages were not given back: {counts:?}");
    assert!(counts.visible > 0);
    assert_eq!(run.number("received"), run.number("inserted") + run.number("released"));
    scene.database.run("DROP TRIGGER slow ON user_logins");
    scene.settle();
}

#[test]
fn sigterm_finishes_the_open_batch_and_gives_the_rest_back() {
    stopped_in_good_order(Running::terminate);
}

#[test]
fn sigint_finishes_the_open_batch_and_gives_the_rest_back() {
    stopped_in_good_order(Running::interrupt);
}

#[test]
fn a_signal_ends_a_long_poll_on_an_empty_queue() {
    let scene = Scene::new();
    let run = scene.start(&["--wait-seconds", "20"]);
    wait_until("the long poll", || scene.server().calls().count(Action::ReceiveMessage) > 0);
    run.terminate();
    let run = run.wait().expect_exit(4);
    assert_eq!(run.stderr, STOPPING);
}

#[test]
fn a_second_signal_ends_the_run_at_once_and_loses_nothing() {
    let scene = Scene::new();
    scene.send_logins(200);
    scene.database.slow_down_inserts("5");
    let run = scene.start(&["--batch-size", "100"]);
    let is_insert = |sql: &String| sql.contains(INSERT);
    wait_until("the insert", || scene.proxy.statistics().statements.iter().any(is_insert));
    run.terminate();
    // Two signals that come together may be delivered as one.
    wait_until("the first signal is heard", || run.complaints() == STOPPING);
    // Two signals within a second are one wish.
    std::thread::sleep(Duration::from_millis(1100));
    run.terminate();
    run.wait().expect_exit(4);
    scene.database.run("DROP TRIGGER slow ON user_logins");
    scene.settle();
}

#[test]
fn max_messages_receives_no_more_than_told() {
    let scene = Scene::new();
    scene.send_logins(500);
    scene.run(&["--max-messages", "123"]).expect_exit(4).expect("inserted", 123);
    assert_eq!(scene.server().counts(QUEUE).visible, 377);
    scene.settle();
}

#[test]
fn max_seconds_stops_receiving_and_stores_what_was_received() {
    let scene = Scene::new();
    scene.send_logins(3000);
    scene.database.slow_down_inserts("0.3");
    let run = scene.run(&["--max-seconds", "1", "--batch-size", "50", "--receivers", "1"]).expect_exit(4);
    assert_eq!(run.number("received"), run.number("inserted") + run.number("released"));
    assert_eq!(scene.server().counts(QUEUE).in_flight, 0);
    scene.database.run("DROP TRIGGER slow ON user_logins");
    scene.settle();
}
