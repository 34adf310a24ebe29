//! The stories of a gateway between us and SQS that gives up while SQS has handed out messages.

use crate::scene::Scene;
use kit::{Action, Fault, QUEUE, Stage, When};

fn gives_up(status: u16) -> Fault {
    let body = "<html><body>Gateway trouble</body></html>".to_owned();
    Fault::Status { stage: Stage::After, status, body }
}

#[test]
fn a_gateway_s_error_that_hid_messages_is_no_empty_queue() {
    for status in [500, 502, 503, 504] {
        for scene in [Scene::with_visibility("600"), Scene::with_query_protocol("600")] {
            scene.send_logins(10);
            scene.server().fault(gives_up(status), When::Nth(Action::ReceiveMessage, 1));
            scene.run(&[]).expect_exit(75).expect("inserted", 0).expect("lost_receives", 1);
            assert_eq!(scene.server().counts(QUEUE).in_flight, 10, "{status}");
            scene.settle();
        }
    }
}

#[test]
fn messages_that_come_back_soon_are_waited_for_after_a_gateway_s_error() {
    let scene = Scene::with_visibility("3");
    scene.send_logins(10);
    scene.server().fault(gives_up(502), When::Nth(Action::ReceiveMessage, 1));
    scene.run(&[]).expect_exit(0).expect("inserted", 10).expect("lost_receives", 0);
    scene.books().check_drained();
}

#[test]
fn throttling_and_an_unavailable_service_hide_nothing() {
    for code in ["RequestThrottled", "ServiceUnavailable"] {
        for scene in [Scene::with_visibility("600"), Scene::with_query_protocol("600")] {
            scene.send_logins(10);
            scene.server().fault(Fault::Code(code), When::Nth(Action::ReceiveMessage, 1));
            scene.run(&[]).expect_exit(0).expect("inserted", 10).expect("lost_receives", 0);
        }
    }
}
