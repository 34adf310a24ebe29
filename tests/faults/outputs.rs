//! The stories of a summary that cannot be written: the books of queue and database stay right.

use std::fs::File;
use std::process::Stdio;

use crate::bench::{Finished, Running, Scene};

fn run_with_output(scene: &Scene, output: impl Into<Stdio>) -> Finished {
    let mut command = scene.drain(&[]);
    command.stdout(output);
    let (nothing, errors) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    Running::start_with_output(command, nothing, errors).finish()
}

#[test]
fn a_full_disk_under_the_summary_is_told_and_loses_nothing() {
    let scene = Scene::new();
    scene.send_logins(30);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let run = run_with_output(&scene, full).expect_exit(1);
    run.expect_told("could not write to standard output");
    scene.books().check_drained();
}

#[test]
fn a_reader_of_the_summary_that_has_gone_away_changes_nothing() {
    let scene = Scene::new();
    scene.send_logins(30);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    // As with `| head`: the exit code still tells the outcome, and this one is right.
    run_with_output(&scene, writer).expect_exit(0);
    scene.books().check_drained();
}

#[test]
fn a_standard_error_that_nobody_can_write_to_changes_nothing() {
    let scene = Scene::new();
    scene.send_logins(30);
    scene.sqs.fault(
        kit::sqs_server::Fault::Code("InternalFailure"),
        kit::sqs_server::When::Always(kit::sqs_server::Action::DeleteMessageBatch),
    );
    let full = File::options().write(true).open("/dev/full").unwrap();
    let (output, nothing) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
    let mut command = scene.drain(&[]);
    command.stdout(output.try_clone().unwrap());
    let run = Running::start_with_errors(command, output, nothing, full).finish();
    run.expect_exit(75);
    scene.settle();
}
