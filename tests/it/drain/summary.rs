//! The tests of what a drain tells at its end, and to whom.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use kit::{Scene, login, rogue};

const KEYS: [&str; 19] = [
    "received",
    "inserted",
    "duplicates",
    "rejected",
    "refused",
    "kept",
    "released",
    "deleted",
    "delete_failures",
    "batches",
    "receive_calls",
    "empty_receives",
    "delete_calls",
    "retries",
    "elapsed_seconds",
    "messages_per_second",
    "stopped_because",
    "rejects_by_reason",
    "queue",
];

#[test]
fn the_json_summary_is_one_line_with_exactly_these_keys() {
    let scene = Scene::new().ready(&[&login("anna"), &rogue()]);
    let outcome = scene.drain().flags("--format json").exits(3).prints("").run();
    assert_eq!(outcome.stdout.matches('\n').count(), 1);
    let summary: BTreeMap<String, Value> = serde_json::from_str(&outcome.stdout).unwrap();
    let mut wanted = KEYS.map(str::to_owned).to_vec();
    wanted.sort();
    assert_eq!(summary.keys().cloned().collect::<Vec<_>>(), wanted);
    assert_eq!(summary["queue"], json!({"visible": 0, "in_flight": 0, "delayed": 0}));
    assert_eq!(summary["rejects_by_reason"], json!({"missing_key": 1}));
}

#[test]
fn text_and_json_tell_the_same() {
    let scene = || {
        let scene = Scene::scripted().ready(&[&login("anna"), &rogue(), &login("boris"), "no json"]);
        scene.server().deliver_twice(scene.queue.name(), &login("clara"));
        scene
    };
    let books = scene().drain().exits(3).books();
    let scene = scene();
    let line = format!("drained: 3 stored in {}, 1 known already, 2 rejected", scene.table());
    let text = scene.drain().exits(3).prints(&line).run().stdout;
    let told = |name: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(name));
        line.and_then(|line| line.split_whitespace().last()).unwrap_or_else(|| panic!("no {name} in {text}"))
    };
    for (name, key) in [
        ("received", "received"),
        ("inserted", "inserted"),
        ("duplicates", "duplicates"),
        ("rejected ", "rejected"),
        ("refused", "refused"),
        ("kept", "kept"),
        ("released", "released"),
        ("deleted", "deleted"),
        ("not deleted", "delete_failures"),
    ] {
        assert_eq!(told(name), books[key].to_string(), "{name} in {text}");
    }
    for (reason, count) in books["rejects_by_reason"].as_object().unwrap() {
        let line = text.lines().find(|line| line.trim_start().starts_with(reason.as_str())).unwrap();
        assert_eq!(line.split_whitespace().nth(1), Some(count.to_string().as_str()), "{line}");
    }
    assert!(text.contains("queue: 0 visible, 0 in flight, 0 delayed"), "{text}");
}

#[test]
fn quiet_says_nothing_when_all_went_well_and_everything_when_not() {
    let scene = Scene::new().ready(&[&login("anna")]);
    scene.drain().flags("--quiet").run();
    assert_eq!(scene.database.count("user_logins"), 1);
    scene.drain().flags("--quiet --format json").run();

    scene.queue.send(&[&login("boris"), &rogue()]);
    let line = format!("drained: 1 stored in {}, 1 rejected, queue empty", scene.table());
    scene.drain().flags("--quiet").exits(3).prints(&line).run();
}

#[test]
fn a_reader_that_has_gone_away_does_not_undo_the_run() {
    let scene = Scene::new().ready(&[&login("anna")]);
    scene.drain().run_into_closed_pipe();
    assert_eq!(scene.database.count("user_logins"), 1);
    assert!(scene.queue.is_empty());
}

#[test]
fn what_may_not_be_asked_is_told_as_unknown() {
    use kit::{Action, Fault, When};
    let scene = Scene::scripted().ready(&[&login("anna")]);
    scene.server().fault(Fault::Code("AccessDenied"), When::Always(Action::GetQueueAttributes));
    assert_eq!(scene.drain().books()["queue"], Value::Null);
    scene.drain().prints("queue: its attributes could not be read (sqs:GetQueueAttributes)").run();
}

#[test]
fn what_stays_on_a_fifo_queue_is_told_by_its_groups_and_blocks_none_after_the_run() {
    let scene = Scene::fifo(false, "600").ready(&[]);
    let message = |number: usize| {
        let body = if number < 3 { rogue() } else { login(&number.to_string()) };
        (format!("group-{}", number % 3), body)
    };
    scene.queue.send_in_groups(&(0..18).map(message).collect::<Vec<_>>());
    let line = format!(
        "drained: 7 stored in {}, 3 rejected, 3 left on the queue; 3 groups of the FIFO queue blocked by them\n",
        scene.table()
    );
    scene.drain().flags("--rejects keep").exits(3).prints(&line).run();
    assert_eq!(scene.queue.in_flight(), 0);
}

#[test]
fn what_stays_is_told_with_the_receives_that_the_redrive_policy_leaves_it() {
    let scene = Scene::scripted().ready(&[&login("anna"), &rogue()]);
    scene.queue.redrive_to(&scene.queue.sibling(), 5);
    for (left, logins) in [("4 more receives", 1), ("3 more receives", 0)] {
        scene
            .drain()
            .flags("--rejects keep")
            .exits(3)
            .prints(&format!(
                "drained: {logins} stored in {}, 1 rejected, 1 left on the queue",
                scene.table()
            ))
            .prints(&format!("left on the queue: the redrive policy moves the first after {left}\n"))
            .run();
        scene.server().expire_visibility(scene.queue.name());
    }
}
