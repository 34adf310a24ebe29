//! The stories of bodies that nobody should send: each must end as a row or as a reject, in bounded memory.

mod bodies;

use crate::extent::long;
use crate::scene::Scene;

/// With bodies of all kinds and eight receivers; most of it goes into trees of bodies that are all brackets.
const MOST_KIB: u64 = 400 * 1024;
/// Where every message is as large as SQS takes them: ten messages of 1 MiB each, held in a few forms.
const MOST_KIB_FOR_EACH_RECEIVER: u64 = 80 * 1024;
const TAKE_ALL: &[&str] = &["--max-reject-percent", "100", "--delete-refused"];

fn every_message_is_a_row_or_a_reject(scene: &Scene) {
    let (rows, known) = (scene.database.count("user_logins"), scene.database.count("login_drain_ledger"));
    let rejects = scene.database.count("login_drain_rejects");
    assert_eq!(rows, known);
    assert_eq!(rows + rejects, scene.sent());
    assert_eq!(scene.server().remaining(kit::QUEUE).len(), 0);
    println!("{} bodies: {rows} rows, {rejects} rejects", scene.sent());
}

#[test]
fn thousands_of_hostile_bodies_are_stored_or_rejected_in_bounded_memory() {
    let scene = Scene::new();
    let mut random = kit::sqs_server::Random::new(scene.seed);
    for _ in 0..if long() { 100_000 } else { 5000 } {
        scene.send(&bodies::any(&mut random), None);
    }
    let run = scene.run(TAKE_ALL).expect_exit(3);
    every_message_is_a_row_or_a_reject(&scene);
    println!("peak {} KiB", run.peak_kib);
    assert!(run.peak_kib < MOST_KIB, "{} KiB", run.peak_kib);
    scene.expect_no_personal_values_stored();
}

#[test]
fn hostile_bodies_in_the_query_protocol_are_stored_or_rejected() {
    // Long enough for a slow machine, which reads megabytes of XML here.
    let scene = Scene::with_query_protocol("30");
    let mut random = kit::sqs_server::Random::new(scene.seed + 1);
    for _ in 0..1000 {
        // SQS refuses what XML cannot carry, and so does every server of this protocol.
        let body: String = bodies::any(&mut random).chars().filter(|char| *char >= ' ').collect();
        scene.send(&body.replace(['\u{fffe}', '\u{ffff}'], ""), None);
    }
    scene.run(TAKE_ALL).expect_exit(3);
    every_message_is_a_row_or_a_reject(&scene);
    scene.expect_no_personal_values_stored();
}

#[test]
fn the_largest_messages_there_are_fit_into_bounded_memory() {
    let scene = Scene::new();
    for kind in 0..60 {
        scene.send(&bodies::megabyte(kind), None);
    }
    let run = scene.run(&[TAKE_ALL, &["--receivers", "4"]].concat()).expect_exit(3);
    every_message_is_a_row_or_a_reject(&scene);
    println!("peak {} KiB", run.peak_kib);
    assert!(run.peak_kib < 4 * MOST_KIB_FOR_EACH_RECEIVER, "{} KiB", run.peak_kib);
}

#[test]
fn each_kind_of_poison_is_rejected_and_blocks_no_good_message() {
    let scene = Scene::new();
    for poison in bodies::poison() {
        scene.send_logins(3);
        scene.send(&poison, None);
    }
    scene.run(TAKE_ALL).expect_exit(3);
    scene.books().check_drained();
    scene.expect_no_personal_values_stored();
}
