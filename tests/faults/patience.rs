//! The stories of services that fail for a while: how long they are waited for, and what ends the waiting.

use std::time::Duration;

use kit::postgres_proxy::{Cut, Trigger};
use kit::{Action, Fault, Outcome, QUEUE, Stage, When, wait_until};

use crate::scene::Scene;
use crate::steps::INSERT;

const THROTTLED: Fault = Fault::Code("RequestThrottled");

#[test]
fn a_thousand_messages_are_drained_in_one_run_though_nine_of_ten_calls_are_throttled() {
    let scene = Scene::with_visibility("600");
    scene.send_logins(1000);
    scene.server().fault(THROTTLED, When::Chance(Action::Any, 0.9));
    // Ten tries a receive, one receive at a time: nearly all of it is pauses.
    let run = scene.drain(&[]).patient_for(60).may_take(Duration::from_secs(600)).run();
    run.expect_exit(0).expect("inserted", 1000).expect("lost_receives", 0);
    scene.books().check_drained();
}

#[test]
fn a_network_that_comes_up_late_is_waited_for_at_the_start() {
    let scene = Scene::new();
    scene.send_logins(10);
    scene.server().fault(Fault::Reset(Stage::Before), When::Next(Action::Any, 4));
    scene.proxy.refuse_for(Duration::from_secs(2));
    scene.drain(&[]).patient_for(30).run().expect_exit(0).expect("inserted", 10);
    scene.books().check_drained();
}

#[test]
fn a_database_that_is_out_for_longer_than_half_the_visibility_timeout_gives_all_back_and_then_gets_all() {
    let scene = Scene::with_visibility("4");
    scene.send_logins(300);
    let run = outage(&scene, &["--batch-size", "10"]).expect_exit(0).expect("inserted", 300);
    assert!(run.number("released") > 0, "nothing was given back: {run:#?}");
    // Each message once more, and not once for each try to reach the database.
    assert!(run.number("received") <= 600, "receives went on: {run:#?}");
    scene.books().check_drained();
}

#[test]
fn the_last_messages_of_a_queue_are_held_until_the_database_is_back() {
    let scene = Scene::with_visibility("4");
    scene.send_logins(20);
    outage(&scene, &[]).expect_exit(0).expect("inserted", 20).expect("released", 0);
    scene.books().check_drained();
}

/// A run whose database goes away for six seconds at its first insert.
fn outage(scene: &Scene, arguments: &[&str]) -> Outcome {
    scene.proxy.on(Trigger::Sql(INSERT), Cut::FreezeBefore(None), 1);
    let run = scene.drain(arguments).patient_for(60).start();
    wait_until("the insert", || scene.proxy.statistics().strikes == 1);
    // Until the queue is empty, or as much of it is held as may be.
    std::thread::sleep(Duration::from_millis(500));
    scene.proxy.refuse_for(Duration::from_secs(6));
    scene.proxy.cut_all();
    run.wait()
}

#[test]
fn a_signal_ends_the_wait_for_a_service_at_once() {
    let scene = Scene::new();
    scene.send_logins(10);
    scene.server().fault(THROTTLED, When::Always(Action::ReceiveMessage));
    let run = scene.drain(&[]).patient_for(600).start();
    wait_until("tries", || scene.server().calls().count(Action::ReceiveMessage) > 2);
    run.terminate();
    run.wait().expect_exit(4).expect("received", 0);
    scene.settle();
}

#[test]
fn a_time_limit_ends_the_wait_for_a_service_that_has_answered_as_an_early_end() {
    let scene = Scene::new();
    scene.send_logins(10);
    scene.server().fault(THROTTLED, When::Always(Action::ReceiveMessage));
    let run = scene.drain(&["--max-seconds", "1"]).patient_for(600).run().expect_exit(4);
    assert!(run.stdout.contains(r#""stopped_because":"max_seconds""#), "{run:?}");
    scene.settle();
}

#[test]
fn a_time_limit_ends_the_wait_for_a_service_that_never_answered_as_one_that_is_out() {
    let scene = Scene::new();
    scene.server().fault(THROTTLED, When::Always(Action::Any));
    scene.drain(&["--max-seconds", "1"]).patient_for(600).run().expect_exit(75);
    scene.proxy.refuse_for(Duration::from_secs(100));
    scene.drain(&["--max-seconds", "1"]).patient_for(600).run().expect_exit(75);
}

#[test]
fn a_clock_that_is_off_is_corrected_and_the_call_made_again() {
    for code in ["SignatureDoesNotMatch", "RequestExpired"] {
        let scene = Scene::new();
        scene.send_logins(10);
        scene.server().fault(Fault::ClockOffset(-3600), When::Always(Action::Any));
        scene.server().fault(Fault::Code(code), When::Next(Action::Any, 1));
        scene.run(&[]).expect_exit(0).expect("inserted", 10);
        scene.books().check_drained();
    }
}

#[test]
fn a_machine_that_slept_for_hours_asks_anew_and_takes_nothing_for_lost_that_it_never_sent() {
    let scene = Scene::with_visibility("600");
    scene.send_logins(10);
    let busy = scene.server().fault(THROTTLED, When::Always(Action::ReceiveMessage));
    let run = scene.drain(&[]).patient_for(60).start();
    wait_until("tries", || scene.server().hits(busy) > 2);
    run.freeze();
    // What was on its way has its answer, and is none that hid messages.
    std::thread::sleep(Duration::from_millis(50));
    scene.server().clear_faults();
    scene.server().cut_all();
    scene.proxy.cut_all();
    // Its clock stands where it stood when it fell asleep.
    scene.server().fault(Fault::ClockOffset(2 * 3600), When::Always(Action::Any));
    scene.server().fault(Fault::Code("RequestExpired"), When::Next(Action::Any, 1));
    run.thaw();
    run.wait().expect_exit(0).expect("inserted", 10).expect("lost_receives", 0);
    scene.books().check_drained();
}

#[test]
fn long_polls_that_something_in_between_cuts_are_made_shorter() {
    let scene = Scene::with_visibility("3");
    scene.send_logins(10);
    let cut = Fault::Mute(Stage::Before, Duration::from_millis(1200));
    // Ten messages, and then an empty queue whose polls are cut as long as they are long.
    scene.server().fault(cut, When::Nth(Action::ReceiveMessage, 2));
    let run = scene.run(&["--wait-seconds", "6"]).expect_exit(0).expect("inserted", 10);
    assert_eq!(scene.server().counts(QUEUE).in_flight, 0, "{run:#?}");
}
