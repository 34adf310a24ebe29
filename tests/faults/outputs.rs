//! The stories of a summary that cannot be written: the books of queue and database stay right.

use std::fs::File;

use kit::{Action, Fault, When};

use crate::scene::Scene;

fn full_disk() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

#[test]
fn a_full_disk_under_the_summary_is_told_and_loses_nothing() {
    let scene = Scene::new();
    scene.send_logins(30);
    let run = scene.drain(&[]).run_into(full_disk()).expect_exit(1);
    run.expect_told("could not write to standard output");
    scene.books().check_drained();
}

#[test]
fn a_reader_of_the_summary_that_has_gone_away_changes_nothing() {
    let scene = Scene::new();
    scene.send_logins(30);
    // As with `| head`: the exit code still tells the outcome, and this one is right.
    scene.drain(&[]).run_into_closed_pipe().expect_exit(0);
    scene.books().check_drained();
}

#[test]
fn a_standard_error_that_nobody_can_write_to_changes_nothing() {
    let scene = Scene::new();
    scene.send_logins(30);
    scene.server().fault(Fault::Code("InternalFailure"), When::Always(Action::DeleteMessageBatch));
    scene.drain(&[]).complains_into(full_disk()).run().expect_exit(75);
    scene.settle();
}
