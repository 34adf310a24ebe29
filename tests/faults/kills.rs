//! The stories of SIGKILL: at every step of a run, and at random moments.

use std::time::Duration;

use kit::postgres_proxy::{Cut, Trigger};
use kit::{Action, Fault, Stage, When, wait_until};

use crate::extent::long;
use crate::scene::Scene;
use crate::steps::{BEGIN, CLAIM, COMMIT, INSERT, PRUNE};

const FOR_GOOD: Duration = Duration::from_secs(600);
/// Three batches of ten.
const SMALL_BATCHES: &[&str] = &["--batch-size", "10", "--receivers", "1"];

/// Lets a run freeze when it sends the `nth` statement that contains `sql`, kills it there, runs again.
fn killed_at_statement(sql: &'static str, cut: Cut, nth: usize) {
    let scene = Scene::new();
    scene.send_logins(30);
    scene.proxy.on_nth(Trigger::Sql(sql), cut, nth);
    let run = scene.start(SMALL_BATCHES);
    wait_until(sql, || scene.proxy.statistics().strikes == 1);
    run.kill();
    scene.settle();
}

/// Lets a run freeze in the `nth` call of this kind, kills it there, runs again.
fn killed_at_call(action: Action, stage: Stage, nth: u64) {
    let scene = Scene::new();
    scene.send_logins(30);
    let fault = scene.server().fault(Fault::Mute(stage, FOR_GOOD), When::Nth(action, nth));
    let run = scene.start(SMALL_BATCHES);
    wait_until("the call", || scene.server().hits(fault) == 1);
    run.kill();
    scene.settle();
}

#[test]
fn killed_while_it_receives() {
    for nth in [1, 2, 3] {
        killed_at_call(Action::ReceiveMessage, Stage::Before, nth);
    }
}

#[test]
fn killed_after_the_queue_handed_out_messages_and_before_they_arrived() {
    for nth in [1, 2] {
        killed_at_call(Action::ReceiveMessage, Stage::After, nth);
    }
}

#[test]
fn killed_before_the_transaction_begins() {
    for nth in [1, 2] {
        killed_at_statement(BEGIN, Cut::FreezeBefore(None), nth);
    }
}

#[test]
fn killed_at_the_ledger_insert() {
    killed_at_statement(CLAIM, Cut::FreezeBefore(None), 1);
    killed_at_statement(CLAIM, Cut::FreezeAfter(None), 2);
}

#[test]
fn killed_at_the_insert_of_rows() {
    killed_at_statement(INSERT, Cut::FreezeBefore(None), 1);
    killed_at_statement(INSERT, Cut::FreezeAfter(None), 2);
}

#[test]
fn killed_before_commit_is_delivered() {
    for nth in [1, 2] {
        killed_at_statement(COMMIT, Cut::FreezeBefore(None), nth);
    }
}

#[test]
fn killed_after_commit_is_done_and_before_it_is_known() {
    for nth in [1, 3] {
        killed_at_statement(COMMIT, Cut::FreezeAfter(None), nth);
    }
}

#[test]
fn killed_before_each_delete() {
    for nth in [1, 2, 3] {
        killed_at_call(Action::DeleteMessageBatch, Stage::Before, nth);
    }
}

#[test]
fn killed_after_each_delete() {
    for nth in [1, 2, 3] {
        killed_at_call(Action::DeleteMessageBatch, Stage::After, nth);
    }
}

#[test]
fn killed_while_it_prunes_or_sums_up() {
    // The first call is made before the run.
    killed_at_call(Action::GetQueueAttributes, Stage::Before, 2);
    killed_at_statement(PRUNE, Cut::FreezeBefore(None), 1);
}

#[test]
fn killed_at_random_moments_again_and_again() {
    let scene = Scene::new();
    for _ in 0..if long() { 200 } else { 20 } {
        scene.send_logins(60);
        let run = scene.start(&["--batch-size", "20", "--receivers", "4"]);
        std::thread::sleep(Duration::from_millis(scene.random_below(250)));
        run.kill();
        scene.server().expire_visibility(kit::QUEUE);
        scene.books().check();
    }
    scene.settle();
}
