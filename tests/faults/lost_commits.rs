//! The stories of a COMMIT of which nobody knows whether it happened.

use kit::postgres_proxy::{Cut, Trigger};

use crate::scene::Scene;
use crate::steps::COMMIT;

/// The run itself must find out: exit 0, each message counted as inserted, once.
fn settled_in_the_same_run(cut: Cut, times: usize) {
    let scene = Scene::new();
    scene.send_logins(50);
    scene.proxy.on(Trigger::Sql(COMMIT), cut, times);
    let run = scene.run(&["--batch-size", "50"]).expect_exit(0);
    assert_eq!(scene.proxy.statistics().strikes, times);
    assert_eq!((run.number("inserted"), run.number("duplicates")), (50, 0), "{run:#?}");
    assert!(run.number("retries") >= times as u64);
    scene.books().check_drained();
}

#[test]
fn a_commit_that_was_delivered_and_whose_answer_was_lost_is_found_in_the_ledger() {
    settled_in_the_same_run(Cut::AfterReply, 1);
}

#[test]
fn a_commit_that_was_lost_is_made_again() {
    settled_in_the_same_run(Cut::BeforeForward, 1);
    settled_in_the_same_run(Cut::BeforeForward, 3);
}
