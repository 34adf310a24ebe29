//! The tests of the reject guard over runs: a changed producer loses nothing, and old rejects stop nobody.

use kit::{Action, Fault, Scene, When, login, rogue};

fn send(scene: &Scene, logins: usize, rogues: usize) {
    (0..rogues).for_each(|_| drop(scene.server().send(scene.queue.name(), &rogue())));
    (0..logins).for_each(|number| drop(scene.server().send(scene.queue.name(), &login(&number.to_string()))));
}

/// A run with the exit code that it must have; afterwards all is visible again.
fn drain(scene: &Scene, flags: &str, code: i32) -> serde_json::Value {
    let books = scene.drain().flags(flags).may_say_anything().exits(code).books();
    scene.server().expire_visibility(scene.queue.name());
    books
}

fn left(scene: &Scene) -> usize {
    scene.server().remaining_bodies(scene.queue.name()).len()
}

#[test]
fn a_changed_producer_whose_messages_trickle_in_loses_no_more_than_it_sent_logins_before() {
    for (before, each) in [(0, 5), (0, 1), (0, 9), (20, 5), (20, 9)] {
        let scene = Scene::scripted().ready(&[]);
        if before > 0 {
            send(&scene, before, 0);
            drain(&scene, "", 0);
        }
        let mut last = None;
        for _ in 0..12 {
            send(&scene, 0, each);
            last = scene.drain().ends_somehow().run().code;
            scene.server().expire_visibility(scene.queue.name());
        }
        let gone = 12 * each - left(&scene);
        assert!(gone <= before, "{gone} of {} are gone after {before} logins", 12 * each);
        let accused = 12 * each > before;
        assert_eq!(last, Some(if accused { 1 } else { 3 }), "{before} {each}");
    }
}

#[test]
fn a_few_messages_a_run_of_a_large_backlog_are_noticed_as_well() {
    let scene = Scene::scripted().ready(&[]);
    send(&scene, 0, 200);
    for _ in 0..10 {
        scene.drain().flags("--max-messages 5").ends_somehow().run();
    }
    assert_eq!(left(&scene), 200);
}

#[test]
fn logins_behind_junk_are_stored_and_the_junk_stays() {
    for flags in ["", "--batch-size 10 --receivers 1", "--rejects keep", "--batch-size 1"] {
        let scene = Scene::scripted().ready(&[]);
        send(&scene, 9, 10);
        let told = scene.drain().flags(flags).exits(1).complains("Has the producer changed?").run();
        assert!(told.stderr.contains("no logins (the first: missing_key"), "{}", told.stderr);
        assert_eq!(scene.database.count("user_logins"), 9, "{flags}");
        assert_eq!(left(&scene), 10, "{flags}");
        // Nothing has changed: still told, and still there.
        scene.server().expire_visibility(scene.queue.name());
        drain(&scene, flags, 1);
        assert_eq!(left(&scene), 10, "{flags}");
    }
}

#[test]
fn rejects_that_an_earlier_run_kept_stop_no_later_one() {
    let scene = Scene::scripted().ready(&[]);
    send(&scene, 3, 30);
    drain(&scene, "--rejects keep --max-reject-percent 100", 3);
    for run in 0..3 {
        send(&scene, 5, 0);
        let books = drain(&scene, "--rejects keep", 3);
        assert_eq!((books["inserted"].as_u64(), books["kept"].as_u64()), (Some(5), Some(30)), "{run}");
    }
}

#[test]
fn rejects_whose_dead_letter_queue_was_out_go_there_once_it_is_back() {
    let scene = Scene::scripted().ready(&[]);
    let dead_letters = scene.queue.sibling();
    let flags = format!("--rejects dead-letter --dead-letter-queue-url {}", dead_letters.url());
    send(&scene, 20, 12);
    scene.server().fault(Fault::Code("AccessDenied"), When::Always(Action::SendMessage));
    scene.drain().flags(&flags).may_say_anything().exits(1).run();
    scene.server().clear_faults();
    scene.server().expire_visibility(scene.queue.name());
    send(&scene, 5, 0);
    drain(&scene, &flags, 3);
    assert_eq!(dead_letters.visible(), 12);
    assert_eq!((scene.database.count("user_logins"), left(&scene)), (25, 0));
}

#[test]
fn junk_that_was_discarded_on_purpose_accuses_no_later_run() {
    let scene = Scene::scripted().ready(&[]);
    send(&scene, 0, 50);
    drain(&scene, "", 1);
    drain(&scene, "--max-reject-percent 100", 3);
    assert_eq!(left(&scene), 0);
    drain(&scene, "", 0);
    send(&scene, 5, 0);
    drain(&scene, "", 0);
}
