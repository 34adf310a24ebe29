//! The proof that `--exclusive` keeps a second run away for as long as the first one lives, and no longer.

use std::time::Duration;

use crate::place::Place;
use crate::program::{Ended, LOGIN, Program, queue_with};
use kit::sqs_server::{Action, Server};

const WAITING: &str = "drain --exclusive --wait-seconds 20";

fn receives(server: &Server) -> u64 {
    server.calls().count(Action::ReceiveMessage)
}

fn wait_for_a_receive(server: &Server) {
    while receives(server) == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_second_run_leaves_at_once_and_without_a_failure() {
    let (place, server) = (Place::new(), queue_with(&[]));
    let program = Program::new(&server, &place.url());
    assert_eq!(program.run("init-db").code, Some(0));
    let first = program.start(WAITING);
    wait_for_a_receive(&server);
    let before = server.calls().total();

    let second = program.drain("--exclusive", 0);
    assert_eq!(second.said, "");
    assert_eq!(second.complained.lines().count(), 1, "{}", second.complained);
    assert!(second.complained.contains("another run"), "{}", second.complained);
    let quiet = program.drain("--exclusive --quiet", 0);
    assert_eq!((quiet.said.as_str(), quiet.complained.as_str()), ("", ""));
    assert_eq!(server.calls().total(), before, "a run that leaves makes no call");

    Program::terminate(&first);
    let first = Ended::from(first.wait_with_output().unwrap());
    assert_eq!(first.code, Some(4), "{first:#?}");
    let before = receives(&server);
    program.drain("--exclusive", 0);
    assert!(receives(&server) > before, "the turn is free again");
}

#[test]
fn a_run_that_was_killed_leaves_no_lock_behind_and_another_queue_is_free() {
    let (place, server) = (Place::new(), queue_with(&[]));
    let program = Program::new(&server, &place.url());
    assert_eq!(program.run("init-db").code, Some(0));
    let mut first = program.start(WAITING);
    wait_for_a_receive(&server);
    let other_queue = server.create_queue("another-queue", &[]);
    server.send("another-queue", LOGIN);
    Program::new(&server, &place.url()).with("LOGIN_DRAIN_QUEUE_URL", &other_queue).drain("--exclusive", 0);
    assert_eq!(server.counts("another-queue").deleted, 1);

    first.kill().unwrap();
    first.wait().unwrap();
    let before = receives(&server);
    // The database notices the broken connection in its own time.
    while receives(&server) == before {
        program.drain("--exclusive --quiet", 0);
    }
}

#[test]
fn a_run_that_leaves_does_not_touch_the_metrics_of_the_other() {
    let (place, server) = (Place::new(), queue_with(&[]));
    let program = Program::new(&server, &place.url());
    assert_eq!(program.run("init-db").code, Some(0));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("login_drain.prom");
    let mut first = program.start(WAITING);
    wait_for_a_receive(&server);
    program.drain(&format!("--exclusive --quiet --metrics-file {}", file.display()), 0);
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(!file.exists());
}
