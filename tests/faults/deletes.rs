//! The stories of deletions that fail, wholly or in part.

use kit::{Action, Fault, QUEUE, Stage, When};

use crate::scene::Scene;

const DELETE: Action = Action::DeleteMessageBatch;

#[test]
fn entries_that_fail_by_the_servers_fault_are_deleted_again() {
    let scene = Scene::new();
    scene.send_logins(50);
    let fault = Fault::FailEntries { positions: vec![0, 3, 9], sender_fault: false };
    scene.server().fault(fault, When::Next(DELETE, 5));
    scene.run(&[]).expect_exit(0).expect("delete_failures", 0).expect("deleted", 50);
    scene.books().check_drained();
}

#[test]
fn entries_that_cannot_be_deleted_are_counted_and_end_the_run_with_3() {
    for fault in [Fault::FailEntries { positions: vec![4], sender_fault: true }, Fault::StaleHandles(vec![4])]
    {
        let scene = Scene::with_visibility("600");
        scene.send_logins(30);
        scene.server().fault(fault, When::Nth(DELETE, 1));
        scene.run(&[]).expect_exit(3).expect("inserted", 30).expect("delete_failures", 1);
        assert_eq!(scene.server().counts(QUEUE).in_flight, 1);
        scene.settle().expect("inserted", 0).expect("duplicates", 1);
    }
}

#[test]
fn entries_that_fail_again_and_again_are_given_up_and_known_later() {
    let scene = Scene::with_visibility("600");
    scene.send_logins(30);
    let fault = Fault::FailEntries { positions: (0..10).collect(), sender_fault: false };
    scene.server().fault(fault, When::Always(DELETE));
    scene.run(&[]).expect_exit(3).expect("inserted", 30).expect("delete_failures", 30);
    scene.settle().expect("inserted", 0).expect("duplicates", 30);
}

#[test]
fn a_delete_call_that_fails_whole_or_loses_its_reply_is_made_again() {
    let busy = || Fault::Status { stage: Stage::Before, status: 500, body: String::new() };
    for fault in [
        busy(),
        Fault::Code("ServiceUnavailable"),
        Fault::Code("InternalFailure"),
        Fault::Reset(Stage::Before),
        Fault::Reset(Stage::After),
        Fault::Status { stage: Stage::After, status: 502, body: "<html>".to_string() },
        Fault::html(),
        Fault::empty(),
    ] {
        let scene = Scene::new();
        scene.send_logins(30);
        let fault = scene.server().fault(fault, When::Next(DELETE, 2));
        scene.run(&[]).expect_exit(0).expect("inserted", 30);
        assert_eq!(scene.server().hits(fault), 2);
        scene.books().check_drained();
    }
}

#[test]
fn deletes_that_never_work_end_the_run_with_75_and_the_next_run_deletes() {
    let scene = Scene::with_visibility("600");
    scene.send_logins(30);
    scene.server().fault(Fault::Code("InternalFailure"), When::Always(DELETE));
    scene.run(&[]).expect_exit(75).expect_told("nothing is lost");
    assert_eq!(scene.database.count("user_logins"), 30);
    scene.settle().expect("inserted", 0).expect("duplicates", 30);
}
