//! Batches that nothing stands in the way of.

use time::OffsetDateTime;

use super::scratch::{Scratch, batch, changed, commit, logins, noon};
use crate::batch::Delivery;
use crate::batch::samples::delivery;
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
