//! The tests of what becomes of a message that cannot be stored: deleted, kept, or sent on.

use serde_json::json;

use kit::{Queue, Scene, login, login_with, rogue};

#[test]
fn a_reject_is_recorded_and_deleted_unless_told_otherwise() {
    let scene = Scene::new().ready(&[&login("anna"), &rogue()]);
    let books = scene.drain().exits(3).books();
    assert_eq!((books["rejected"].as_u64(), books["deleted"].as_u64()), (Some(1), Some(2)));
    assert_eq!((books["refused"].as_u64(), books["kept"].as_u64()), (Some(0), Some(0)));
    assert_eq!(
        scene.database.rows("SELECT reason, detail, body FROM login_drain_rejects"),
        [
            "missing_key|user_id is missing|JSON object, 41 bytes: user_id missing, app_version missing, device_type missing, \
          ip missing, locale missing, device_id missing, 2 other keys"
        ]
    );
    assert!(scene.queue.is_empty());
}

#[test]
fn a_kept_reject_stays_on_the_queue_and_is_recorded_once() {
    let scene = Scene::new().ready(&[&rogue(), &login("anna")]);
    let books = scene.drain().flags("--rejects keep").exits(3).books();
    assert_eq!((books["rejected"].as_u64(), books["deleted"].as_u64()), (Some(1), Some(1)));
    assert_eq!((books["refused"].as_u64(), books["kept"].as_u64()), (Some(0), Some(1)));
    assert_eq!((scene.queue.visible(), scene.queue.in_flight()), (0, 1));

    let scene = kept_and_visible_again();
    scene.drain().flags("--rejects keep").exits(3).books();
    scene.server().expire_visibility(scene.queue.name());
    scene.drain().flags("--rejects keep").exits(3).books();
    assert_eq!(scene.database.counts(), [1, 1, 1]);
    assert_eq!(scene.server().remaining_bodies(scene.queue.name()), [rogue()]);
}

fn kept_and_visible_again() -> Scene {
    Scene::scripted().ready(&[&rogue(), &login("anna")])
}

#[test]
fn kept_rejects_that_reappear_at_once_do_not_keep_the_run_alive() {
    let scene = Scene::scripted().ready(&[&rogue(), &rogue()]);
    scene.queue.set_attribute("VisibilityTimeout", "0");
    let books = scene.drain().flags("--rejects keep").exits(3).books();
    assert_eq!(books["stopped_because"], "empty");
    assert_eq!(scene.database.count("login_drain_rejects"), 2);
}

/// Sends one login and one reject with an attribute, and gives the reject's body.
fn send_both(scene: &Scene) -> String {
    let body = login_with("anna", &[("app_version", json!(null)), ("ip", json!("10.20.30.40"))]);
    scene.queue.send(&[&login("boris")]);
    scene.queue.send_with_attribute(&body, "trace", "abc-123");
    body
}

fn assert_sent_on(dead_letters: &Queue, body: &str) {
    let arrived = dead_letters.receive(30);
    assert_eq!(arrived.len(), 1);
    assert_eq!(arrived[0].body, body, "the body is unchanged");
    let attribute = |name: &str| {
        let found = arrived[0].attributes.iter().find(|attribute| attribute.0 == name);
        found.map(|attribute| attribute.1.clone()).unwrap_or_else(|| panic!("no attribute {name}"))
    };
    assert_eq!(attribute("trace"), "abc-123", "the producer's attributes are kept");
    assert_eq!(attribute("login_drain_reason"), "wrong_type: app_version must be a string, not null");
}

#[test]
fn a_reject_is_sent_on_to_the_named_dead_letter_queue() {
    let scene = Scene::new().ready(&[]);
    let dead_letters = scene.queue.sibling();
    let body = send_both(&scene);
    let drain =
        scene.drain().flags("--rejects dead-letter --dead-letter-queue-url").flags(dead_letters.url());
    let books = drain.exits(3).books();
    assert_eq!((books["rejected"].as_u64(), books["deleted"].as_u64()), (Some(1), Some(2)));
    assert!(scene.queue.is_empty());
    assert_sent_on(&dead_letters, &body);
    assert_eq!(scene.database.counts(), [1, 1, 1]);
}

#[test]
fn a_reject_is_sent_on_to_the_target_of_the_redrive_policy() {
    let scene = Scene::new().ready(&[]);
    let dead_letters = scene.queue.sibling();
    scene.queue.redrive_to(&dead_letters, 5);
    let body = send_both(&scene);
    scene.drain().flags("--rejects dead-letter").exits(3).books();
    assert!(scene.queue.is_empty());
    assert_sent_on(&dead_letters, &body);
}

#[test]
fn without_a_dead_letter_queue_nothing_is_received() {
    let scene = Scene::new().ready(&[&rogue()]);
    scene.drain().flags("--rejects dead-letter").fails_with(
        1,
        "--rejects dead-letter needs a queue to send to: this one has no redrive policy that we may read; \
         set --dead-letter-queue-url",
    );
    assert_eq!((scene.queue.visible(), scene.database.counts()), (1, [0, 0, 0]));
}

fn send_all(scene: &Scene, count: usize, body: impl Fn(usize) -> String) {
    let bodies: Vec<String> = (0..count).map(body).collect();
    scene.queue.send(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn of_mostly_rogue_messages_none_is_deleted_and_every_login_is_stored() {
    let scene = Scene::scripted().ready(&[]);
    send_all(&scene, 20, |number| if number < 12 { rogue() } else { login("anna") });
    let failed = scene
        .drain()
        .exits(1)
        .complains("before it failed: 20 received, 8 stored, 0 known already, 12 rejected, 8 deleted, 0 given back")
        .complains("12 of the newest 20 messages are no logins (the first: missing_key: user_id is missing), more than \
                    --max-reject-percent 50")
        .complains("Has the producer changed?")
        .complains("pass --max-reject-percent 100 to discard them\n")
        .run();
    assert_eq!(failed.stdout, "");
    assert_eq!(scene.database.counts(), [8, 8, 12]);
    assert_eq!(scene.server().remaining_bodies(scene.queue.name()), vec![rogue(); 12]);

    scene.server().expire_visibility(scene.queue.name());
    let books = scene.drain().flags("--max-reject-percent 100").exits(3).books();
    assert_eq!((books["rejected"].as_u64(), books["deleted"].as_u64()), (Some(12), Some(12)));
    assert_eq!(scene.database.counts(), [8, 8, 12]);
    assert!(scene.queue.is_empty());
}

#[test]
fn a_run_that_the_guard_ends_tells_its_books_in_json_too() {
    let scene = Scene::scripted().ready(&[]);
    send_all(&scene, 20, |number| if number < 12 { rogue() } else { login("anna") });
    let books = scene.drain().exits(1).complains("Has the producer changed?").books();
    assert_eq!(books["stopped_because"], "failed");
    assert!(books["error"].as_str().unwrap().contains("Has the producer changed?"), "{books}");
    assert_eq!((books["inserted"].as_u64(), books["kept"].as_u64()), (Some(8), Some(12)));
    assert_eq!(books["rejects_by_reason"], json!({"missing_key": 12}));
}

#[test]
fn fewer_than_ten_messages_accuse_nobody_and_the_rogue_ones_wait() {
    let scene = Scene::scripted().ready(&[]);
    send_all(&scene, 9, |_| rogue());
    let books = scene.drain().exits(3).books();
    assert_eq!((books["stopped_because"].as_str(), books["kept"].as_u64()), (Some("empty"), Some(9)));
    assert_eq!(books["deleted"], 0);
    assert_eq!(scene.database.counts(), [0, 0, 9]);

    // Logins come: the waiting ones are few among them, and go.
    scene.server().expire_visibility(scene.queue.name());
    send_all(&scene, 9, |number| login(&number.to_string()));
    let books = scene.drain().exits(3).books();
    assert_eq!((books["rejected"].as_u64(), books["deleted"].as_u64()), (Some(9), Some(18)));
    assert!(scene.queue.is_empty());
}

#[test]
fn a_tenth_message_is_enough_to_accuse_the_producer_though_the_others_came_in_earlier_runs() {
    let scene = Scene::scripted().ready(&[]);
    for _ in 0..3 {
        send_all(&scene, 3, |_| rogue());
        scene.drain().exits(3).books();
    }
    scene.queue.send(&[&rogue()]);
    scene.drain().exits(1).complains("10 of the newest 10 messages are no logins").run();
    assert_eq!(scene.server().counts(scene.queue.name()).deleted, 0);
}

#[test]
fn a_login_that_the_table_refuses_among_mostly_rogue_messages_is_not_what_is_accused() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    send_all(&scene, 12, |_| rogue());
    scene.database.run("ALTER TABLE user_logins ADD CHECK (user_id <> 'anna')");
    let failed = scene
        .drain()
        .exits(1)
        .complains("12 of the newest 12 messages are no logins (the first: missing_key: user_id is missing)")
        .complains("13 rejected")
        .run();
    assert!(!failed.stderr.contains("PostgreSQL") && !failed.stderr.contains("user_logins"), "{failed:?}");
    assert_eq!(scene.server().counts(scene.queue.name()).deleted, 0);
}
