//! Batches that nothing stands in the way of.

use std::time::Duration;

use time::OffsetDateTime;

use super::scratch::{Scratch, batch, changed, commit, logins, noon};
use crate::batch::Delivery;
use crate::batch::samples::delivery;
use crate::postgres::PruneBounds;
use crate::store::Ledger;

#[test]
fn logins_are_stored_once_and_rejects_recorded_once() {
    let scratch = Scratch::with("");
    let mut store = scratch.store();
    let mixed =
        || batch([changed(1, &[]), delivery(2, "rogue"), changed(1, &[]), changed(3, &[("RU", "DE")])]);
    let (outcomes, deferred) = commit(&mut store, mixed());
    assert_eq!(outcomes[0], "inserted");
    assert!(outcomes[1].starts_with("not_json"), "{outcomes:?}");
    assert_eq!(outcomes[2..], ["duplicate", "inserted"]);
    assert!(deferred.is_empty());
    let (again, _) = commit(&mut store, mixed());
    assert_eq!((again[0].as_str(), again[3].as_str()), ("duplicate", "duplicate"));
    assert!(again[1].starts_with("known not_json"), "{again:?}");
    assert_eq!(scratch.counts(), ["2", "2", "1"]);
    assert_eq!(
        scratch.rows("SELECT user_id, locale, app_version, create_date FROM user_logins ORDER BY 1"),
        ["user-1|RU|230|2026-07-01", "user-3|DE|230|2026-07-01"]
    );
}

#[test]
fn midnight_is_that_of_utc_where_create_date_is_a_point_in_time() {
    let scratch = Scratch::with("ALTER TABLE user_logins ALTER create_date TYPE timestamptz");
    let url = scratch.url().replace("options=", "options=-c%20TimeZone%3DAsia/Tokyo%20");
    commit(&mut scratch.store_as(&url), logins([1]));
    assert_eq!(
        scratch.rows("SELECT create_date AT TIME ZONE 'UTC' FROM user_logins"),
        ["2026-07-01 00:00:00"]
    );
}

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

#[test]
fn times_that_are_no_times_lose_and_double_nothing() {
    let scratch = Scratch::with("");
    let milliseconds = [0, -1, 1_523_232_000, -300_000_000_000_000, 253_402_300_799_999];
    let sent = |again| {
        let times =
            milliseconds.map(|number| OffsetDateTime::from_unix_timestamp_nanos(number * 1_000_000).ok());
        let messages = times
            .into_iter()
            .chain([None])
            .enumerate()
            .map(move |(number, sent_at)| Delivery { sent_at, ..changed(number as u128, &[]) });
        (batch(messages), again)
    };
    for (messages, outcome) in [sent("inserted"), sent("duplicate")] {
        assert_eq!(commit(&mut scratch.store(), messages).0, [outcome; 6]);
    }
    assert_eq!(scratch.counts()[..2], ["6", "6"]);
}

#[test]
fn a_message_of_a_fifo_queue_is_known_again_though_it_has_a_new_time() {
    let scratch = Scratch::with("");
    let sent = |hour| Delivery { sent_at: Some(noon() + time::Duration::hours(hour)), ..changed(1, &[]) };
    for (fifo, outcomes) in [(true, ["inserted", "duplicate"]), (false, ["inserted", "inserted"])] {
        let mut store = scratch.store_of(fifo);
        for (hour, outcome) in (1..).zip(outcomes) {
            assert_eq!(commit(&mut store, batch([sent(hour)])).0, [outcome], "{fifo}");
        }
        let known = store.known(&[(sent(1).id.key, sent(3 + i64::from(fifo)).sent_at)]).unwrap();
        assert_eq!(known.len(), usize::from(fifo));
    }
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
