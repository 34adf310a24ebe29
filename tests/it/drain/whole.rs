//! The tests of whole runs: messages in, rows and rejects out, an empty queue.

use std::collections::BTreeSet;

use serde_json::json;

use kit::{Action, Made, Scene, login, login_with, made_up_events, rogue};

#[test]
fn a_thousand_mixed_messages_end_as_rows_and_rejects_and_an_empty_queue() {
    let scene = Scene::new();
    scene.init_db();
    let events = made_up_events(1000, "--seed 7 --rogue-percent 20 --duplicates 30");
    let bodies: Vec<&str> = events.iter().map(|event| event.body.as_str()).collect();
    let ids = scene.queue.send(&bodies);
    let judged = |stored: bool| -> BTreeSet<String> {
        let of_interest = |(event, _): &(&Made, &String)| event.stored == stored;
        events.iter().zip(&ids).filter(of_interest).map(|(_, id)| id.clone()).collect()
    };
    let (good, bad) = (judged(true), judged(false));

    let books = scene.program("drain").exits(3).books();

    assert_eq!(books["received"], 1030);
    assert_eq!(books["inserted"], good.len());
    assert_eq!(books["rejected"], bad.len());
    assert_eq!(books["deleted"], 1030);
    assert_eq!(books["stopped_because"], "empty");
    let stored = scene.database.rows("SELECT message_id FROM login_drain_ledger");
    let rejected = scene.database.rows("SELECT message_id FROM login_drain_rejects");
    assert_eq!(BTreeSet::from_iter(stored), good, "each message is judged as the script says");
    assert_eq!(BTreeSet::from_iter(rejected), bad);
    assert_eq!(scene.database.count("user_logins"), good.len());
    assert!(scene.queue.is_empty());

    let again = scene.program("drain").books();
    assert_eq!((&again["received"], &again["inserted"]), (&json!(0), &json!(0)));
    assert_eq!(scene.database.counts(), [good.len(), good.len(), bad.len()], "a second run changes nothing");
}

#[test]
fn one_bad_message_does_not_stop_the_others() {
    let bodies = [login("anna"), rogue(), login("boris")];
    let scene = Scene::new().ready(&bodies.each_ref().map(String::as_str));
    let books = scene.drain().exits(3).books();
    assert_eq!(books["rejects_by_reason"], json!({"missing_key": 1}));
    assert_eq!(books["batches"], 1);
    assert_eq!(scene.database.rows("SELECT user_id FROM user_logins ORDER BY 1"), ["anna", "boris"]);
    assert_eq!(scene.database.rows("SELECT body FROM login_drain_rejects").len(), 1);
}

#[test]
fn the_same_user_twice_is_two_rows() {
    let scene = Scene::new().ready(&[&login("anna"), &login("anna")]);
    scene.drain().books();
    assert_eq!(scene.database.rows("SELECT user_id FROM user_logins"), ["anna", "anna"]);
}

#[test]
fn a_notification_of_sns_is_opened() {
    let inner = login("anna");
    let envelope = json!({"Type": "Notification", "MessageId": "x", "TopicArn": "y", "Message": inner});
    let broken = json!({"Type": "Notification", "Message": "not a login"});
    let scene = Scene::new().ready(&[&envelope.to_string(), &broken.to_string()]);
    let books = scene.drain().exits(3).books();
    assert_eq!(books["rejects_by_reason"], json!({"missing_key": 1}));
    assert_eq!(scene.database.rows("SELECT user_id, app_version FROM user_logins"), ["anna|230"]);
}

#[test]
fn a_row_has_every_column_and_the_day_of_the_run() {
    let scene = Scene::new().ready(&[&login_with("anna", &[("locale", json!(null))]), &login("boris")]);
    scene.drain().books();
    let columns = "user_id, device_type, length(masked_ip), length(masked_device_id), locale, app_version";
    let rows = scene.database.rows(&format!("SELECT {columns} FROM user_logins ORDER BY user_id"));
    assert_eq!(rows, ["anna|android|64|64|~|230", "boris|android|64|64|RU|230"]);
    let elsewhen = "SELECT 1 FROM user_logins WHERE create_date NOT BETWEEN
        (now() AT TIME ZONE 'UTC' - interval '10 minutes')::date AND (now() AT TIME ZONE 'UTC')::date";
    assert_eq!(scene.database.rows(elsewhen), Vec::<String>::new());
}

#[test]
fn a_queue_is_found_by_its_name_as_by_its_url() {
    let scene = Scene::new().ready(&[&login("anna")]);
    let by_name =
        scene.drain().without("LOGIN_DRAIN_QUEUE_URL").flags("--queue-name").flags(scene.queue.name());
    assert_eq!(by_name.books()["inserted"], 1);

    scene.queue.send(&[&login("boris")]);
    let by_variable =
        scene.drain().without("LOGIN_DRAIN_QUEUE_URL").env("LOGIN_DRAIN_QUEUE_NAME", scene.queue.name());
    assert_eq!(by_variable.books()["inserted"], 1);

    scene.queue.send(&[&login("clara")]);
    let by_url = scene.drain().without("AWS_ENDPOINT_URL_SQS").without("LOGIN_DRAIN_QUEUE_URL");
    assert_eq!(by_url.flags("--queue-url").flags(scene.queue.url()).books()["inserted"], 1);
}

#[test]
fn an_idle_run_costs_two_receives_and_a_look_at_the_attributes_before_and_after() {
    let scene = Scene::scripted().ready(&[]);
    let before = scene.server().calls();
    scene.program("drain").books();
    let after = scene.server().calls();
    let made = |action| after.count(action) - before.count(action);
    assert_eq!(made(Action::ReceiveMessage), 2);
    assert_eq!(made(Action::GetQueueAttributes), 2);
    assert_eq!(after.total() - before.total(), 4);
}

#[test]
fn a_thousand_messages_cost_a_hundred_receives_and_deletes_and_one_more_for_each_receiver_at_the_most() {
    let scene = Scene::scripted().ready(&[]);
    (0..1000).for_each(|number| drop(scene.server().send(scene.queue.name(), &login(&number.to_string()))));
    let books = scene.drain().books();
    assert_eq!(books["inserted"], 1000);
    let within = |key: &str, most: u64| assert!(books[key].as_u64().unwrap() <= most, "{key} in {books}");
    // Every receiver may find the queue empty once, and a batch may end in a call with fewer than ten.
    within("receive_calls", 100 + 64 + 2);
    within("delete_calls", 100 + books["batches"].as_u64().unwrap());
}
