//! The stories of a machine that has no more files, threads or memory to give.

use kit::{Action, Fault, Stage, When};

use crate::scene::Scene;

/// Runs under each of the limits, which are too low at first. Gives what the runs said that failed.
fn under(limits: &[String]) -> Vec<String> {
    let scene = Scene::new();
    scene.send_logins(200);
    let mut told = Vec::new();
    for limit in limits {
        let run = scene.drain(&["--patience", "1"]).limited(limit).run().expect_exit_among(&[0, 75]);
        println!("{limit}: {run:?}");
        if run.code == Some(75) {
            told.push(run.stderr);
        }
    }
    assert!(
        !told.is_empty() && told.len() < limits.len(),
        "the limits are all too low, or all too high: {told:?}"
    );
    scene.settle();
    told
}

#[test]
fn a_run_that_may_open_no_more_files_says_so_and_loses_nothing() {
    let limits = [4, 6, 8, 9, 10, 12, 13, 40].map(|files| format!("-n {files}"));
    for told in under(&limits) {
        let last = told.lines().last().unwrap_or_default();
        assert!(
            last.starts_with("login-drain: ") && last.contains("raise the limit on open files"),
            "{told}"
        );
    }
}

#[test]
fn a_run_that_gets_no_more_memory_says_so_and_loses_nothing() {
    let limits = [48, 56, 64, 72, 80, 96, 128, 2048].map(|mebibytes| format!("-v {}", mebibytes * 1024));
    for told in under(&limits) {
        let of_threads = told.starts_with("login-drain: ") && told.contains("raise the limit on processes");
        assert!(of_threads || told.contains("memory"), "{told}");
    }
}

#[test]
fn a_reply_for_which_there_is_no_memory_is_told_in_a_sentence() {
    let scene = Scene::new();
    scene.send_logins(20);
    // What is left under the limit is less than the reply tells to have.
    let body = "x".repeat(95 << 20);
    let reply = Fault::Status { stage: Stage::Before, status: 200, body };
    scene.server().fault(reply, When::Always(Action::ReceiveMessage));
    let limits = format!("-v {}", 110 << 10);
    let run = scene.drain(&["--patience", "1"]).limited(&limits).run().expect_exit_among(&[75]);
    let told = run.stderr.lines().last().unwrap_or_default();
    assert!(told.starts_with("login-drain: ") && told.contains("raise the limit on memory"), "{run:?}");
    scene.server().clear_faults();
    scene.settle();
}
