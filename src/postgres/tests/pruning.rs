//! What is too old, and who deletes it when.

use std::thread::sleep;
use std::time::Duration;

use super::scratch::Scratch;
use crate::postgres::PruneBounds;

fn prune(scratch: &Scratch, asked_to_stop: bool, rows: u64) {
    let bounds = PruneBounds { asked_to_stop: &|| asked_to_stop, rows, time: Duration::ZERO };
    scratch.store().prune(&bounds);
}

/// Ledger rows of messages sent and stored so many days ago.
fn ledger_rows(rows: u32, sent: u32, drained: u32) -> String {
    format!(
        "INSERT INTO login_drain_ledger (message_id, sent_at, drained_at)
             SELECT gen_random_uuid(), now() - interval '{sent} days', now() - interval '{drained} days'
             FROM generate_series(1, {rows});"
    )
}

#[test]
fn ledger_rows_are_pruned_only_when_message_and_drain_are_both_old() {
    let of_1970 = "INSERT INTO login_drain_ledger (message_id, sent_at, drained_at)
        SELECT gen_random_uuid(), 'epoch', now() - days * interval '1 day' FROM unnest(ARRAY[0, 28, 30]) AS days;";
    // Sent, drained: both old, one of them, none, and a time that no clock has told yet.
    let others = [(16, 16), (16, 1), (0, 16), (14, 14)].map(|(sent, drained)| ledger_rows(1, sent, drained));
    let future = "INSERT INTO login_drain_ledger (message_id, sent_at, drained_at)
        VALUES (gen_random_uuid(), '9999-12-31', now() - interval '16 days')";
    let scratch = Scratch::with(&format!("{of_1970}{}{future}", others.concat()));
    prune(&scratch, false, u64::MAX);
    let left = "SELECT extract(day FROM now() - drained_at)::int FROM login_drain_ledger ORDER BY 1";
    assert_eq!(scratch.rows(left), ["0", "1", "14", "16", "16", "28"]);
}

#[test]
fn pruning_goes_on_until_nothing_is_left_and_past_rows_that_must_stay() {
    let scratch = Scratch::with(&(ledger_rows(15_000, 17, 1) + &ledger_rows(25_000, 16, 16)));
    prune(&scratch, false, u64::MAX);
    assert_eq!(scratch.counts()[1], "15000");
}

#[test]
fn pruning_ends_early_when_it_is_told_to_or_has_deleted_enough_for_this_run() {
    let scratch = Scratch::with(&ledger_rows(35_000, 16, 16));
    for (asked_to_stop, rows, left) in [(true, u64::MAX, "25000"), (false, 10_001, "5000"), (false, 0, "0")] {
        prune(&scratch, asked_to_stop, rows);
        assert_eq!(scratch.counts()[1], left);
    }
}

/// Values sealed so many days ago.
fn sealed_rows(rows: u32, days: u32) -> String {
    format!(
        "INSERT INTO login_drain_sealed (message_id, user_id, sealed, sealed_at)
             SELECT gen_random_uuid(), 'anna', '', now() - interval '{days} days' FROM generate_series(1, {rows});"
    )
}

#[test]
fn values_whose_time_is_over_are_pruned_like_the_ledger_until_nothing_is_left() {
    let left = |scratch: &Scratch| scratch.rows("SELECT count(*) FROM login_drain_sealed").concat();
    let scratch = Scratch::with(&(sealed_rows(65_000, 100) + &sealed_rows(10, 1)));
    prune(&scratch, true, u64::MAX);
    assert_eq!(left(&scratch), "55010");
    prune(&scratch, false, u64::MAX);
    assert_eq!(left(&scratch), "10");
}

#[test]
fn two_hundred_thousand_old_ids_are_gone_after_a_few_runs_however_few_each_of_them_inserts() {
    let scratch = Scratch::with(&(ledger_rows(200_000, 16, 16) + &ledger_rows(10, 14, 14)));
    // Each run inserts 30,000, and has not a moment to spare.
    for left in ["140010", "80010", "20010", "10"] {
        prune(&scratch, false, 60_000);
        assert_eq!(scratch.counts()[1], left);
    }
}

#[test]
fn a_run_with_nothing_old_looks_into_each_index_of_the_ledger_once_and_reads_no_row() {
    let scratch = Scratch::with(&ledger_rows(50_000, 3, 3));
    scratch.run("VACUUM ANALYZE login_drain_ledger");
    // Searches of each index, and entries that these found.
    let looked = || {
        scratch.rows(
            "SELECT indexrelname, idx_scan, idx_tup_read FROM pg_stat_user_indexes
                 WHERE schemaname = current_schema() AND relname = 'login_drain_ledger' ORDER BY 1",
        )
    };
    let read_whole = || scratch.rows("SELECT pg_stat_get_numscans('login_drain_ledger'::regclass)");
    let (before, read_before) = (looked(), read_whole());
    prune(&scratch, false, u64::MAX);
    // The server counts what a connection has done when that is closed.
    let after = (0..3000).map(|_| (sleep(Duration::from_millis(20)), looked()).1).find(|now| *now != before);
    assert_eq!(before, ["login_drain_ledger_of_1970|0|0", "login_drain_ledger_pkey|0|0"]);
    assert_eq!(after.unwrap(), ["login_drain_ledger_of_1970|1|0", "login_drain_ledger_pkey|1|0"]);
    assert_eq!(read_whole(), read_before);
}

#[test]
fn what_is_old_is_found_by_an_index_whether_there_is_any_or_none() {
    let scratch = Scratch::with(&ledger_rows(100_000, 3, 3));
    scratch.run("VACUUM ANALYZE login_drain_ledger");
    let plan = |sql: &str| scratch.rows(&format!("EXPLAIN {sql}")).concat();
    let old = "SELECT sent_at, message_id FROM login_drain_ledger
        WHERE ROW(sent_at, message_id) > ROW('epoch'::timestamptz, gen_random_uuid())
            AND sent_at < now() - interval '15 days' ORDER BY sent_at, message_id LIMIT 10000";
    assert!(plan(old).contains("Index Only Scan using login_drain_ledger_pkey"), "{}", plan(old));
    let of_1970 = "SELECT message_id FROM login_drain_ledger WHERE sent_at = '1970-01-01 00:00:00+00'
        AND drained_at < now() - interval '29 days' ORDER BY drained_at LIMIT 10000";
    assert!(plan(of_1970).contains("login_drain_ledger_of_1970"), "{}", plan(of_1970));
}
