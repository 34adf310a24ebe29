//! The tests of --dry-run: it tells what would happen and changes nothing.

use serde_json::json;

use kit::{Scene, login, rogue};

#[test]
fn a_dry_run_tells_what_would_happen_and_changes_nothing() {
    let bodies: Vec<String> =
        (0..15).map(|number| if number % 5 == 0 { rogue() } else { login("anna") }).collect();
    let scene = Scene::new().ready(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
    let before = scene.database.dump();

    let books = scene.drain().flags("--dry-run").books();

    assert_eq!(books["stopped_because"], "empty");
    assert_eq!(
        books["dry_run"],
        json!({
            "would_insert": 12, "would_skip_as_duplicates": 0, "would_reject": 3,
            "rejects_by_reason": {"missing_key": 3},
        })
    );
    assert_eq!((books["received"].as_u64(), books["released"].as_u64()), (Some(15), Some(15)));
    assert_eq!((books["inserted"].as_u64(), books["deleted"].as_u64()), (Some(0), Some(0)));
    assert_eq!(scene.database.dump(), before);
    assert_eq!((scene.queue.visible(), scene.queue.in_flight()), (15, 0), "all visible again at once");

    let real = scene.drain().exits(3).books();
    assert_eq!((real["inserted"].as_u64(), real["rejected"].as_u64()), (Some(12), Some(3)), "as foretold");
}

#[test]
fn a_dry_run_knows_what_was_stored_before() {
    let scene = Scene::scripted().ready(&[]);
    scene.server().deliver_twice(scene.queue.name(), &login("anna"));
    scene.drain().flags("--max-messages 1").exits(4).books();
    let books = scene.drain().flags("--dry-run").books();
    assert_eq!(
        (&books["dry_run"]["would_insert"], &books["dry_run"]["would_skip_as_duplicates"]),
        (&json!(0), &json!(1))
    );
}

#[test]
fn a_dry_run_accuses_nobody_of_rejects_that_earlier_runs_have_recorded() {
    let scene = Scene::scripted().ready(&[]);
    scene.queue.send(&[rogue().as_str(); 12]);
    scene.drain().exits(1).complains("Has the producer changed?").run();
    scene.server().expire_visibility(scene.queue.name());
    scene.database.run("TRUNCATE login_drain_runs");
    let books = scene.drain().flags("--dry-run").books();
    assert_eq!(books["dry_run"]["would_reject"], 12);
    scene.drain().exits(3).books();
}

#[test]
fn a_dry_run_reads_well() {
    let scene = Scene::new().ready(&[&login("anna"), &rogue()]);
    scene
        .drain()
        .flags("--dry-run")
        .prints(&format!(
            "dry run: 1 would be stored in {}, 0 skipped as known, 1 rejected; all given back, nothing changed\n",
            scene.table()
        ))
        .prints("would reject:\n  missing_key          1  for example ")
        .run();
}

/// Sends 105 logins to a FIFO queue that hides them for ten minutes, and rehearses: how many were judged, and
/// that everything is as it was. The next run gets every message, so no group is blocked.
fn rehearsed_on_fifo(group_of: impl Fn(usize) -> usize, judged: u64) {
    for server_beside in [true, false] {
        let scene = Scene::fifo(server_beside, "600").ready(&[]);
        let message = |number: usize| (format!("group-{}", group_of(number)), login(&number.to_string()));
        scene.queue.send_in_groups(&(0..105).map(message).collect::<Vec<_>>());
        let before = scene.database.dump();

        let books = scene.drain().flags("--dry-run").books();

        assert_eq!(books["stopped_because"], "empty", "{books}");
        assert_eq!(books["dry_run"]["would_insert"], judged, "{books}");
        assert_eq!(books["dry_run"]["would_skip_as_duplicates"], 0, "{books}");
        assert_eq!((books["received"].as_u64(), books["released"].as_u64()), (Some(judged), Some(judged)));
        assert_eq!(scene.database.dump(), before);
        assert_eq!((scene.queue.visible(), scene.queue.in_flight()), (105, 0), "no group is blocked");
        assert_eq!(scene.drain().books()["inserted"], 105);
    }
}

#[test]
fn a_dry_run_judges_every_message_of_a_fifo_queue_however_its_groups_are_mixed() {
    rehearsed_on_fifo(|number| number / 3, 105);
    rehearsed_on_fifo(|number| number % 35, 105);
    rehearsed_on_fifo(|number| number, 105);
}

#[test]
fn a_dry_run_judges_ten_messages_of_each_group_of_a_fifo_queue_which_hands_out_no_more_at_once() {
    rehearsed_on_fifo(|number| number / 15, 70);
    rehearsed_on_fifo(|number| number % 7, 70);
    rehearsed_on_fifo(|_| 0, 10);
}

#[test]
fn a_dry_run_of_a_fifo_queue_judges_as_many_messages_as_it_may_and_no_more() {
    let scene = Scene::fifo(false, "600").ready(&[]);
    let message = |number: usize| (format!("group-{}", number / 3), login(&number.to_string()));
    scene.queue.send_in_groups(&(0..105).map(message).collect::<Vec<_>>());
    let books = scene.drain().flags("--dry-run --max-messages 100").exits(4).books();
    assert_eq!(
        (books["stopped_because"].as_str(), books["received"].as_u64()),
        (Some("max_messages"), Some(100))
    );
    assert_eq!(books["dry_run"]["would_insert"], 100);
    assert_eq!((scene.queue.visible(), scene.queue.in_flight()), (105, 0));
}

#[test]
fn a_dry_run_looks_behind_no_group_whose_messages_the_queue_would_then_move() {
    let scene = Scene::fifo(false, "600").ready(&[]);
    scene.server().create_queue("dead.fifo", &[("FifoQueue", "true")]);
    let policy = json!({"deadLetterTargetArn": scene.server().queue_arn("dead.fifo"), "maxReceiveCount": 2});
    scene.queue.set_attribute("RedrivePolicy", &policy.to_string());
    let message = |number: usize| (format!("group-{}", number % 5), login(&number.to_string()));
    scene.queue.send_in_groups(&(0..15).map(message).collect::<Vec<_>>());
    assert_eq!(scene.drain().flags("--dry-run").books()["dry_run"]["would_insert"], 10);
    assert_eq!(scene.drain().books()["inserted"], 15);
}
