//! The tests of what answers at the endpoint and is no SQS, or has another day.

use kit::{Action, Fault, Scene, Stage, When, login};

fn answer(status: u16, body: &str) -> Fault {
    Fault::Status { stage: Stage::Before, status, body: body.to_owned() }
}

const STRANGERS: [&str; 6] = [
    r#"{"status":"ok"}"#,
    "[]",
    "null",
    r#"{"messages":[]}"#,
    "<html><body/></html>",
    "<ReceiveMessageResponse><Other/></ReceiveMessageResponse>",
];

#[test]
fn an_answer_that_is_none_of_sqs_is_no_empty_queue() {
    for action in [Action::Any, Action::ReceiveMessage] {
        for body in STRANGERS {
            let scene = Scene::scripted().ready(&[&login("anna")]);
            scene.server().fault(answer(200, body), When::Always(action));
            let outcome = scene.drain().exits(75).complains("is not one of SQS").run();
            assert!(outcome.stderr.contains("--endpoint-url"), "{body}: {}", outcome.stderr);
            assert_eq!(
                {
                    scene.server().clear_faults();
                    scene.queue.visible() + scene.queue.in_flight()
                },
                1,
                "{body}"
            );
        }
    }
}

#[test]
fn a_clock_that_is_another_day_is_refused_before_anything_is_received() {
    for (offset, words) in [(200_000, "clock is 2 days behind"), (-90_000, "clock is 1 days ahead of")] {
        let scene = Scene::scripted().ready(&[&login("anna")]);
        scene.server().fault(Fault::ClockOffset(offset), When::Always(Action::Any));
        scene.drain().exits(1).complains(words).run();
        assert_eq!(scene.server().calls().count(Action::ReceiveMessage), 0);
    }
    let scene = Scene::scripted().ready(&[&login("anna")]);
    scene.server().fault(Fault::ClockOffset(3600), When::Always(Action::Any));
    scene.drain().books();
}
