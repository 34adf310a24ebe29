//! The tests of the SQS-compatible servers that nobody here wrote: the stories of scripts/interop, on those that
//! scripts/test has brought.

use std::io::Write;
use std::process::Command;

use kit::Database;

/// What scripts/interop ends with where the server is not here.
const NOT_TRIED: i32 = 4;

fn stories_hold_on(server: &str) {
    let database = Database::with_own_schema();
    let mut interop = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/interop"));
    interop.args([
        "--installed",
        "--database",
        &database.url(),
        "--program",
        env!("CARGO_BIN_EXE_login-drain"),
        server,
    ]);
    let done = interop.output().unwrap();
    let [told, complaints] = [&done.stdout, &done.stderr].map(|text| String::from_utf8_lossy(text));
    match done.status.code() {
        Some(0) => {}
        // Past the harness, which keeps the words of tests that pass.
        Some(NOT_TRIED) => drop(writeln!(std::io::stderr(), "not checked: {}", complaints.trim())),
        _ => panic!("{told}\n{complaints}"),
    }
}

#[test]
fn the_main_stories_hold_on_moto() {
    stories_hold_on("moto");
}

#[test]
fn the_main_stories_hold_on_localstack_4() {
    stories_hold_on("localstack 4");
}

#[test]
fn the_main_stories_hold_on_localstack_2() {
    stories_hold_on("localstack 2");
}

#[test]
fn the_main_stories_hold_on_elasticmq() {
    stories_hold_on("elasticmq");
}
