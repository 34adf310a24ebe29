//! The tests of messages that the server does not give back.

use kit::{Action, Fault, Scene, When, login};

#[test]
fn a_message_that_peek_could_not_give_back_is_told() {
    let scene = Scene::scripted().ready(&[&login("anna"), &login("boris"), &login("clara")]);
    let failed = Fault::FailEntries { positions: vec![0, 2], sender_fault: true };
    scene.server().fault(failed, When::Always(Action::ChangeMessageVisibilityBatch));
    scene.peek().prints("").complains("SQS did not give 2 of these messages back").run();
    assert_eq!(scene.queue.in_flight(), 2);
}
