//! The time under which the ledger knows a message: half of its key, so the same at every delivery.

use time::OffsetDateTime;

/// Of messages that have no time of their own that stays the same.
pub const WITHOUT_TIME: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// A FIFO dead-letter queue gives a message a new time, so on FIFO queues none is relied on. A time before 1970 is
/// nobody's clock, and PostgreSQL does not know every year that a number of milliseconds can name.
pub fn ledger_time(sent_at: Option<OffsetDateTime>, fifo: bool) -> OffsetDateTime {
    sent_at.filter(|sent_at| !fifo && *sent_at > WITHOUT_TIME).unwrap_or(WITHOUT_TIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_kept_where_it_stays_the_same_and_can_be_stored() {
        let milliseconds =
            |number: i128| OffsetDateTime::from_unix_timestamp_nanos(number * 1_000_000).unwrap();
        let sent_at = milliseconds(1_782_907_200_123);
        assert_eq!(ledger_time(Some(sent_at), false), sent_at);
        assert_eq!(ledger_time(Some(sent_at), true), WITHOUT_TIME);
        assert_eq!(ledger_time(None, false), WITHOUT_TIME);
        for before_any_clock in [0, -1, -300_000_000_000_000] {
            assert_eq!(ledger_time(Some(milliseconds(before_any_clock)), false), WITHOUT_TIME);
        }
    }
}
