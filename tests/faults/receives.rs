//! The stories of receives that fail: throttled, refused, damaged, lost on the way.

use kit::{Action, Fault, QUEUE, Stage, When};

use crate::scene::Scene;

const RECEIVE: Action = Action::ReceiveMessage;

#[test]
fn throttling_of_half_the_calls_is_waited_out() {
    for code in ["RequestThrottled", "ThrottlingException", "KMS.ThrottlingException"] {
        for scene in [Scene::new(), Scene::with_query_protocol("30")] {
            scene.send_logins(200);
            scene.server().fault(Fault::Code(code), When::Chance(RECEIVE, 0.5));
            scene.server().fault(Fault::Code(code), When::Chance(Action::DeleteMessageBatch, 0.5));
            let run = scene.run(&["--receivers", "2"]).expect_exit_among(&[0, 75]);
            // Six tries in a row may fail by chance (1 in 64): then the next run goes on.
            if run.code == Some(0) {
                assert_eq!(run.number("inserted"), 200);
                let calls = scene.server().calls();
                assert!(calls.count(RECEIVE) + calls.count(Action::DeleteMessageBatch) < 300, "no backoff");
            }
            scene.settle();
        }
    }
}

#[test]
fn too_many_messages_in_flight_are_waited_for() {
    let scene = Scene::new();
    scene.send_logins(100);
    scene.server().fault(Fault::Code("OverLimit"), When::Nth(RECEIVE, 3));
    scene.server().fault(Fault::Code("OverLimit"), When::Nth(RECEIVE, 4));
    scene.run(&["--receivers", "1"]).expect_exit(0).expect("inserted", 100);
    scene.books().check_drained();
}

#[test]
fn a_lost_reply_is_waited_out_where_its_messages_come_back_soon() {
    for (lost, scene) in [
        (Fault::Reset(Stage::After), Scene::with_visibility("3")),
        (Fault::Reset(Stage::After), Scene::with_query_protocol("3")),
    ] {
        scene.send_logins(5);
        scene.server().fault(lost, When::Nth(RECEIVE, 1));
        let run = scene.run(&[]).expect_exit(0).expect("inserted", 5).expect("lost_receives", 0);
        assert!(scene.server().calls().count(RECEIVE) < 10, "an empty queue was asked too often: {run:#?}");
        scene.books().check_drained();
    }
}

#[test]
fn a_lost_reply_whose_messages_stay_hidden_for_long_is_told_and_is_no_plain_success() {
    let scene = Scene::with_visibility("600");
    scene.send_logins(5);
    scene.server().fault(Fault::Reset(Stage::After), When::Nth(RECEIVE, 1));
    scene.run(&[]).expect_exit(75).expect("inserted", 0).expect("lost_receives", 1);
    assert_eq!(scene.server().counts(QUEUE).in_flight, 5);
    scene.settle();
}

#[test]
fn a_lost_reply_is_not_waited_for_beyond_max_seconds() {
    let scene = Scene::with_visibility("50");
    scene.send_logins(5);
    scene.server().fault(Fault::Reset(Stage::After), When::Nth(RECEIVE, 1));
    scene.run(&["--max-seconds", "2"]).expect_exit(4).expect("lost_receives", 1);
    scene.settle();
}

#[test]
fn a_body_that_does_not_match_its_checksum_is_neither_stored_nor_deleted_and_nine_go_through() {
    for scene in [Scene::with_visibility("600"), Scene::with_query_protocol("600")] {
        scene.send_logins(10);
        scene.server().fault(Fault::WrongMd5(4), When::Nth(RECEIVE, 1));
        scene.run(&[]).expect_exit(75).expect("inserted", 9).expect("deleted", 9).expect("lost_receives", 1);
        assert_eq!(scene.server().counts(QUEUE).in_flight, 1);
        scene.settle().expect("inserted", 1);
    }
}

#[test]
fn a_damaged_body_that_comes_back_whole_is_stored_in_the_same_run() {
    let scene = Scene::with_visibility("2");
    scene.send_logins(10);
    scene.server().fault(Fault::WrongMd5(4), When::Nth(RECEIVE, 1));
    scene.run(&[]).expect_exit(0).expect("inserted", 10);
    scene.books().check_drained();
}

#[test]
fn a_token_that_expires_once_is_renewed_and_one_that_stays_expired_is_told() {
    let scene = Scene::new();
    scene.send_logins(60);
    scene.server().fault(Fault::Code("ExpiredToken"), When::Nth(RECEIVE, 3));
    scene.server().fault(Fault::Code("ExpiredToken"), When::Nth(Action::DeleteMessageBatch, 2));
    scene.run(&["--receivers", "1"]).expect_exit(0).expect("inserted", 60);
    scene.books().check_drained();

    scene.send_logins(60);
    scene.server().clear_faults();
    scene.server().fault(Fault::Code("ExpiredToken"), When::Always(RECEIVE));
    let run =
        scene.run(&[]).expect_exit(1).expect_told("the session token has expired; renew the credentials");
    assert!(run.stderr.contains("ExpiredToken"));
    scene.settle();
}

#[test]
fn a_clock_that_is_off_is_told_with_its_distance() {
    for (offset, words) in [(3600, "behind the server's; set the clock"), (-3600, "ahead of the server's")] {
        for scene in [Scene::new(), Scene::with_query_protocol("30")] {
            scene.send_logins(10);
            scene.server().fault(Fault::ClockOffset(offset), When::Always(Action::Any));
            scene.server().fault(Fault::Code("SignatureDoesNotMatch"), When::Always(Action::Any));
            scene.run(&[]).expect_exit(1).expect_told(words).expect_told("clock is 3");
            scene.settle();
        }
    }
}

#[test]
fn a_signature_that_is_wrong_for_another_reason_is_told_as_such() {
    let scene = Scene::new();
    scene.server().fault(Fault::Code("SignatureDoesNotMatch"), When::Always(Action::Any));
    scene.run(&[]).expect_exit(1).expect_told("the secret key does not belong to the access key");
}
