//! The stories of replies that are none: cut, slow, mute, reset, a gateway's page, odd headers.

use std::time::Duration;

use kit::{Action, Ending, Fault, Stage, When};

use crate::extent::long;
use crate::scene::Scene;

const RECEIVE: Action = Action::ReceiveMessage;

/// Every second receive is cut at another offset; the run must neither hang nor take the rest for the whole.
fn cut_at(offsets: &[usize], ending: Ending, scene: &Scene) {
    // Each cut hides ten messages, and the try after it takes one more.
    scene.send_logins(11 * offsets.len());
    for (place, offset) in offsets.iter().enumerate() {
        let cut = Fault::Truncate { at: *offset, ending };
        scene.server().fault(cut, When::Nth(RECEIVE, 2 * place as u64 + 1));
    }
    scene.run(&["--receivers", "1", "--max-seconds", "60"]).expect_exit(0).expect("lost_receives", 0);
    scene.books().check_drained();
}

/// Offsets up to the end of a reply with one message and beyond: every one in the long form, some in the short.
fn cut_everywhere(ending: Ending, scene: impl Fn() -> Scene) {
    let step = if long() { 1 } else { 13 };
    let first = crate::extent::seed() as usize % step;
    let offsets: Vec<usize> = (0..950).skip(first).step_by(step).collect();
    for offsets in offsets.chunks(40) {
        cut_at(offsets, ending, &scene());
    }
}

#[test]
fn a_json_reply_cut_at_any_byte_is_no_reply() {
    cut_everywhere(Ending::RightLength, || Scene::with_visibility("1"));
}

#[test]
fn a_query_reply_cut_at_any_byte_is_no_reply() {
    cut_everywhere(Ending::RightLength, || Scene::with_query_protocol("1"));
}

#[test]
fn a_reply_whose_connection_ends_at_any_byte_is_no_reply() {
    cut_everywhere(Ending::FullLength, || Scene::with_visibility("1"));
}

#[test]
fn a_chunked_reply_that_ends_at_any_byte_is_no_reply() {
    cut_everywhere(Ending::Chunked, || Scene::with_query_protocol("1"));
}

/// Every second receive meets the fault; no run may end while messages are left.
fn every_second_receive(fault: &Fault) {
    for scene in [Scene::with_visibility("1"), Scene::with_query_protocol("1")] {
        scene.send_logins(110);
        (0..10).for_each(|nth| {
            scene.server().fault(fault.clone(), When::Nth(RECEIVE, 2 * nth + 1));
        });
        scene.run(&["--receivers", "1"]).expect_exit(0).expect("lost_receives", 0);
        scene.books().check_drained();
    }
}

#[test]
fn a_gateways_page_with_status_200_is_no_empty_queue() {
    every_second_receive(&Fault::html());
}

#[test]
fn an_empty_reply_with_status_200_is_no_empty_queue() {
    every_second_receive(&Fault::empty());
}

#[test]
fn resets_before_and_after_the_work_are_survived() {
    every_second_receive(&Fault::Reset(Stage::Before));
    every_second_receive(&Fault::Reset(Stage::After));
}

#[test]
fn gateway_errors_are_survived() {
    for status in [429, 500, 502, 503, 504] {
        let body = "<html><body>busy</body></html>".to_string();
        every_second_receive(&Fault::Status { stage: Stage::Before, status, body });
    }
}

#[test]
fn a_header_that_is_no_text_does_no_harm() {
    for scene in [Scene::new(), Scene::with_query_protocol("30")] {
        scene.send_logins(60);
        scene.server().fault(Fault::OddHeader, When::Always(Action::Any));
        scene.run(&[]).expect_exit(0).expect("inserted", 60);
        scene.books().check_drained();
    }
}

#[test]
fn a_queue_that_says_empty_once_is_asked_again() {
    let scene = Scene::new();
    scene.send_logins(60);
    scene.server().fault(Fault::FalseEmpty, When::Nth(RECEIVE, 1));
    scene.run(&[]).expect_exit(0).expect("inserted", 60);
    scene.books().check_drained();
}

#[test]
fn a_page_in_place_of_every_reply_ends_the_run_with_75() {
    let scene = Scene::new();
    scene.send_logins(10);
    scene.server().fault(Fault::html(), When::Always(RECEIVE));
    let run = scene.drain(&[]).patient_for(2).run().expect_exit(75);
    let run = run.expect_told("nothing is lost, the next run goes on");
    let summary: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (summary["stopped_because"].as_str(), summary["received"].as_u64()),
        (Some("failed"), Some(0))
    );
    assert!(run.stderr.contains(summary["error"].as_str().unwrap()), "{run:#?}");
    scene.settle();
}

/// Some stand-ins for SQS answer so when a queue is empty.
#[test]
fn an_empty_body_that_says_so_itself_is_an_empty_queue_on_a_server_that_is_not_aws() {
    let scene = Scene::new();
    scene.server().fault(Fault::empty(), When::Always(RECEIVE));
    scene.run(&[]).expect_exit(0).expect("received", 0).expect("lost_receives", 0);
}

#[test]
fn a_mute_receive_is_given_up_and_made_again() {
    let scene = Scene::with_visibility("1");
    scene.send_logins(20);
    scene.server().fault(Fault::Mute(Stage::After, Duration::from_secs(600)), When::Nth(RECEIVE, 1));
    scene
        .server()
        .fault(Fault::Mute(Stage::After, Duration::from_secs(600)), When::Nth(Action::DeleteMessageBatch, 1));
    scene.run(&[]).expect_exit(0).expect("inserted", 20);
    scene.books().check_drained();
}

#[test]
fn one_byte_a_second_is_given_up_and_asked_for_again() {
    let scene = Scene::with_visibility("1");
    scene.send_logins(20);
    scene.server().fault(Fault::SlowBytes(Duration::from_secs(1)), When::Nth(RECEIVE, 1));
    scene.run(&[]).expect_exit(0).expect("inserted", 20);
    scene.books().check_drained();
}

#[test]
fn a_queue_that_stays_mute_ends_the_run_with_75() {
    let scene = Scene::new();
    scene.send_logins(20);
    scene.server().fault(Fault::Mute(Stage::Before, Duration::from_secs(600)), When::Always(RECEIVE));
    scene.run(&[]).expect_exit(75).expect_told("no answer in time");
    scene.settle();
}
