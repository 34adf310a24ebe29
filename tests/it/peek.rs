//! The tests of looking into the queue: what is shown, and that nothing is changed.

use serde_json::{Value, json};

use kit::{Action, Scene, login, login_with, rogue};

#[test]
fn peek_shows_each_message_with_its_verdict_and_gives_everything_back() {
    let scene = Scene::new();
    let ids = scene.queue.send(&[&login("anna"), &rogue()]);
    let outcome = scene
        .peek()
        .without("DATABASE_URL")
        .prints(&format!("queue {}\n  2 visible, 0 in flight, 0 delayed\n", scene.queue.url()))
        .prints("kept for 4 days, hidden for 30 seconds after a receive")
        .prints("would be stored")
        .prints("would be rejected: missing_key: user_id is missing")
        .prints("2 messages given back; nothing was changed")
        .run();
    ids.iter().for_each(|id| assert!(outcome.stdout.contains(id.as_str()), "{}", outcome.stdout));
    assert!(outcome.stdout.lines().all(|line| line.chars().count() <= 80 || line.starts_with("queue ")));
    assert_eq!((scene.queue.visible(), scene.queue.in_flight()), (2, 0));
}

#[test]
fn peek_in_json_is_one_object() {
    let scene = Scene::new();
    let target = scene.queue.sibling();
    scene.queue.redrive_to(&target, 5);
    let body = login_with("anna", &[("locale", json!(null))]);
    scene.queue.send(&[&body]);
    let outcome = scene.peek().flags("--format json").prints("").run();
    assert_eq!(outcome.stdout.matches('\n').count(), 1);
    let look: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(look["queue_url"], scene.queue.url());
    assert_eq!((&look["queue"]["visible"], &look["queue"]["max_receive_count"]), (&json!(1), &json!(5)));
    assert_eq!(look["queue"]["dead_letter_target_arn"], target.arn());
    let message = &look["messages"][0];
    assert_eq!((&message["verdict"], &message["reason"]), (&json!("store"), &Value::Null));
    assert_eq!((&message["receive_count"], &message["size_bytes"]), (&json!(1), &json!(body.len())));
    let description = message["body"].as_str().unwrap();
    assert!(
        description.contains("user_id text of 4 characters") && description.contains("locale null"),
        "{description}"
    );
}

#[test]
fn peek_says_that_looking_counts_where_the_queue_has_a_redrive_policy() {
    let scene = Scene::new();
    scene.queue.redrive_to(&scene.queue.sibling(), 5);
    scene.queue.send(&[&login("anna")]);
    scene
        .peek()
        .prints("receive 1 of 5 before the dead-letter queue")
        .prints("looking counts as a receive")
        .run();
}

#[test]
fn peek_shows_as_many_messages_as_asked() {
    let scene = Scene::new();
    let bodies: Vec<String> = (0..25).map(|number| login(&number.to_string())).collect();
    scene.queue.send(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
    for (flags, shown) in [("", 10), ("-n 3", 3), ("--messages 22", 22), ("-n 100", 25)] {
        let outcome = scene.peek().flags("--format json").flags(flags).prints("").run();
        let look: Value = serde_json::from_str(&outcome.stdout).unwrap();
        assert_eq!(look["messages"].as_array().unwrap().len(), shown, "{flags}");
    }
    assert_eq!((scene.queue.visible(), scene.queue.in_flight()), (25, 0));
}

#[test]
fn attributes_only_receives_nothing() {
    let scene = Scene::scripted();
    scene.queue.send(&[&login("anna")]);
    let before = scene.server().calls().total();
    let outcome = scene.peek().flags("--attributes-only").prints("1 visible, 0 in flight, 0 delayed").run();
    assert!(!outcome.stdout.contains("message"), "{}", outcome.stdout);
    let calls = scene.server().calls();
    assert_eq!((calls.total() - before, calls.count(Action::ReceiveMessage)), (1, 0));
}

#[test]
fn an_empty_queue_is_told_as_such() {
    Scene::new().peek().prints("no message came\n0 messages given back; nothing was changed\n").run();
}

#[test]
fn a_hostile_body_cannot_steer_the_terminal() {
    let scene = Scene::scripted();
    scene.server().send(scene.queue.name(), "\u{1b}[2J\u{202e}evil\u{7}");
    let shown = scene.peek().prints("text, 12 bytes").run().stdout;
    assert!(!shown.contains("evil"), "a body is described, not shown: {shown:?}");
    assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{shown:?}");
    let outcome = scene.peek().flags("--format json").prints("").run();
    assert!(!outcome.stdout.contains(['\u{1b}', '\u{7}']), "{:?}", outcome.stdout);
}
