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
fn a_dry_run_reads_well() {
    let scene = Scene::new().ready(&[&login("anna"), &rogue()]);
    scene
        .drain()
        .flags("--dry-run")
        .prints(
            "dry run: 1 would be stored, 0 skipped as known, 1 rejected; all given back, nothing changed\n",
        )
        .prints("would reject:\n  missing_key          1  for example ")
        .run();
}
