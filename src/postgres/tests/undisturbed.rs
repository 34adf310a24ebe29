//! Batches that nothing stands in the way of.

use super::scratch::{Scratch, batch, changed, commit, logins};
use crate::batch::samples::delivery;

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

#[test]
fn ledger_rows_are_pruned_only_when_message_and_drain_are_both_old() {
    let scratch = Scratch::with(
        "INSERT INTO login_drain_ledger (message_id, sent_at, drained_at) VALUES
            ('00000000-0000-0000-0000-000000000001', now() - interval '16 days', now() - interval '16 days'),
            ('00000000-0000-0000-0000-000000000002', 'epoch', now()),
            ('00000000-0000-0000-0000-000000000003', now(), now() - interval '16 days')",
    );
    scratch.store().prune();
    assert_eq!(scratch.counts()[1], "2");
}
