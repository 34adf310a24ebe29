//! The stories of a PostgreSQL that takes the connection and then says nothing.

use kit::postgres_proxy::{Cut, Trigger};

use crate::scene::Scene;
use crate::steps::{BEGIN, CLAIM, COMMIT, INSERT};

/// The watchdog must end the run with 75, and the next run must go on.
fn ended_by_the_watchdog(trigger: Trigger, cut: Cut, step: &str) {
    let scene = Scene::new();
    scene.send_logins(30);
    scene.proxy.on(trigger, cut, 1);
    let run =
        scene.run(&["--database-timeout", "1"]).expect_exit(75).expect_told("PostgreSQL did not answer");
    run.expect_told(step).expect_told("nothing is lost, the next run goes on");
    scene.settle();
}

#[test]
fn mute_before_authentication() {
    ended_by_the_watchdog(Trigger::Startup, Cut::FreezeBefore(None), "connecting");
}

#[test]
fn mute_when_the_transaction_begins() {
    ended_by_the_watchdog(Trigger::Sql(BEGIN), Cut::FreezeBefore(None), "opening a transaction");
}

#[test]
fn mute_at_the_ledger_insert() {
    ended_by_the_watchdog(Trigger::Sql(CLAIM), Cut::FreezeAfter(None), "claiming messages");
}

#[test]
fn mute_in_the_middle_of_the_insert() {
    ended_by_the_watchdog(Trigger::Sql(INSERT), Cut::Swallow, "inserting rows");
}

#[test]
fn mute_at_commit() {
    ended_by_the_watchdog(Trigger::Sql(COMMIT), Cut::FreezeAfter(None), "committing a batch");
    ended_by_the_watchdog(Trigger::Sql(COMMIT), Cut::FreezeBefore(None), "committing a batch");
}
