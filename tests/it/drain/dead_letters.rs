//! The tests of the dead-letter queue: checked before the first receive, and what it gets and refuses.

use serde_json::{Value, json};

use kit::{Action, Fault, Program, Scene, Stage, When, login, rogue};

fn draining_to(scene: &Scene, url: &str) -> Program {
    scene.drain().flags("--rejects dead-letter --dead-letter-queue-url").flags(url)
}

fn refused_at_start(scene: &Scene, url: &str, words: &str) {
    draining_to(scene, url).exits(1).complains(words).run();
    assert_eq!(scene.server().calls().count(Action::ReceiveMessage), 0, "{url}");
    assert_eq!(scene.queue.visible(), 1);
}

#[test]
fn the_drained_queue_is_not_its_own_dead_letter_queue_however_it_is_spelt() {
    let scene = Scene::scripted().ready(&[&rogue()]);
    let url = scene.queue.url().to_owned();
    let shouted = url.replace("127.0.0.1", "LOCALHOST");
    for url in [&url, &format!("{url}/"), &shouted, &url.replace("000/", "000//")] {
        refused_at_start(&scene, url, "--dead-letter-queue-url names the drained queue itself");
    }
}

#[test]
fn a_dead_letter_queue_that_is_none_is_told_before_the_first_receive() {
    let scene = Scene::scripted().ready(&[&rogue()]);
    let missing = scene.queue.url().replace(scene.queue.name(), "nowhere");
    refused_at_start(&scene, &missing, "there is no dead-letter queue");
    refused_at_start(&scene, "dead-letters", "--dead-letter-queue-url");
    refused_at_start(&scene, scene.queue.endpoint(), "names no queue");
    let policy =
        json!({"deadLetterTargetArn": "arn:aws:sqs:eu-central-1:000000000000:gone", "maxReceiveCount": 5});
    scene.queue.set_attribute("RedrivePolicy", &policy.to_string());
    scene.drain().flags("--rejects dead-letter").exits(1).complains("set --dead-letter-queue-url").run();
    assert_eq!(scene.server().calls().count(Action::ReceiveMessage), 0);
}

/// A call of the JSON protocol, as a producer makes it.
fn call(scene: &Scene, action: &str, body: Value) -> Value {
    let agent = ureq::Agent::config_builder().proxy(None).build().new_agent();
    let mut reply = agent
        .post(scene.queue.endpoint())
        .header("x-amz-target", format!("AmazonSQS.{action}"))
        .header("content-type", "application/x-amz-json-1.0")
        .send(body.to_string())
        .unwrap();
    serde_json::from_str(&reply.body_mut().read_to_string().unwrap()).unwrap()
}

#[test]
fn attributes_of_every_kind_travel_unchanged() {
    let scene = Scene::scripted().ready(&[]);
    let dead_letters = scene.queue.sibling();
    let attributes = json!({
        "text": {"DataType": "String", "StringValue": "<a> & \u{e9}"},
        "number": {"DataType": "Number", "StringValue": "007.50"},
        "bytes": {"DataType": "Binary.png", "BinaryValue": "//4AgA=="},
    });
    let body = rogue();
    scene.queue.send(&[&login("anna")]);
    let sent = json!({"QueueUrl": scene.queue.url(), "MessageBody": body, "MessageAttributes": attributes});
    call(&scene, "SendMessage", sent);
    draining_to(&scene, dead_letters.url()).exits(3).books();
    assert!(scene.queue.is_empty());
    let asked = json!({"QueueUrl": dead_letters.url(), "MessageAttributeNames": ["All"]});
    let mut arrived = call(&scene, "ReceiveMessage", asked)["Messages"][0].clone();
    assert_eq!(arrived["Body"], body.as_str());
    let reason = arrived["MessageAttributes"].as_object_mut().unwrap().remove("login_drain_reason").unwrap();
    assert!(reason["StringValue"].as_str().unwrap().starts_with("missing_key"), "{reason}");
    assert_eq!(arrived["MessageAttributes"], attributes);
}

#[test]
fn what_the_dead_letter_queue_cannot_take_stays_and_the_rest_goes_on() {
    let scene = Scene::scripted().ready(&[&login("anna"), &login("boris"), &rogue()]);
    let dead_letters = scene.queue.sibling();
    let attributes: serde_json::Map<String, Value> = (0..10)
        .map(|number| (format!("a{number}"), json!({"DataType": "String", "StringValue": "x"})))
        .collect();
    let full = json!({"QueueUrl": scene.queue.url(), "MessageBody": "full", "MessageAttributes": attributes});
    call(&scene, "SendMessage", full);
    let told = "the dead-letter queue does not take every message (it has 10 attributes, so that there is no room for \
                login_drain_reason): these stay\n";
    let books = draining_to(&scene, dead_letters.url()).exits(3).complains(told).books();
    assert_eq!(books["rejected"], 2);
    assert_eq!((books["deleted"].as_u64(), books["delete_failures"].as_u64()), (Some(3), Some(0)));
    assert_eq!(books["kept"], 1);
    assert_eq!(scene.server().remaining_bodies(scene.queue.name()), ["full"]);
    assert_eq!(scene.server().remaining_bodies(dead_letters.name()), [rogue()]);
}

#[test]
fn what_the_server_refuses_to_send_stays_and_the_rest_goes_on() {
    for code in ["InvalidMessageContents", "InvalidParameterValue", "UnsupportedOperation"] {
        let scene = Scene::scripted().ready(&[&login("anna"), &login("boris"), &rogue(), &rogue()]);
        let dead_letters = scene.queue.sibling();
        scene.server().fault(Fault::Code(code), When::Nth(Action::SendMessage, 1));
        let told = format!("the dead-letter queue does not take every message ({code}");
        let drain = draining_to(&scene, dead_letters.url()).exits(3).complains(&told);
        let books = drain.complains("): these stay\n").books();
        assert_eq!(
            (books["deleted"].as_u64(), books["delete_failures"].as_u64()),
            (Some(3), Some(0)),
            "{code}"
        );
        assert_eq!(books["kept"], 1, "{code}");
        assert_eq!(dead_letters.visible(), 1);
    }
}

#[test]
fn a_dead_letter_that_nobody_says_to_hold_is_not_deleted() {
    let scene = Scene::scripted().ready(&[&login("anna"), &rogue()]);
    let dead_letters = scene.queue.sibling();
    let stranger = "<SendMessageResponse><SendMessageResult/></SendMessageResponse>".to_owned();
    let fault = Fault::Status { stage: Stage::Before, status: 200, body: stranger };
    scene.server().fault(fault, When::Always(Action::SendMessage));
    draining_to(&scene, dead_letters.url()).exits(75).complains("not one of SQS").run();
    assert_eq!(scene.server().remaining_bodies(scene.queue.name()), [rogue()]);
}
