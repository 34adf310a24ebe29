//! How far this machine's clock is from the servers', by the `Date` of their replies.

use std::sync::{Mutex, PoisonError};

use time::format_description::well_known::Rfc2822;
use time::{Duration, OffsetDateTime};

use crate::failure::Failure;

/// Noted by any number of threads.
#[derive(Debug, Default)]
pub struct Clock(Mutex<Option<Duration>>);

impl Clock {
    /// `date` is the text of a reply that came at `now`.
    pub fn note(&self, date: &str, now: OffsetDateTime) {
        if let Ok(server) = OffsetDateTime::parse(&date.replace("GMT", "+0000"), &Rfc2822) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(now - server);
        }
    }

    /// Refuses a clock that would put another day into every row.
    pub fn check(&self) -> Result<(), Failure> {
        let ahead = self.ahead().unwrap_or_default();
        if ahead.abs() < Duration::DAY {
            return Ok(());
        }
        let direction = if ahead.is_positive() { "ahead of" } else { "behind" };
        Err(Failure::lasting(format!(
            "this machine's clock is {} days {direction} the server's: set it, or rows would get wrong dates",
            ahead.whole_days().abs()
        )))
    }

    /// How far this machine is ahead, by the latest reply that told; `None` before one has.
    pub fn ahead(&self) -> Option<Duration> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_is_that_to_the_latest_reply_with_a_date() {
        let clock = Clock::default();
        assert_eq!(clock.ahead(), None);
        // 2026-11-24 12:00 UTC.
        let noon = OffsetDateTime::from_unix_timestamp(1_795_521_600).unwrap();
        clock.note("Tue, 24 Nov 2026 11:00:00 GMT", noon);
        clock.note("yesterday", noon);
        assert_eq!(clock.ahead(), Some(Duration::HOUR));
        assert_eq!(clock.check(), Ok(()));
        clock.note("Fri, 24 Nov 2056 12:00:00 GMT", noon);
        let failure = clock.check().unwrap_err();
        assert!(failure.text.contains("clock is 10958 days behind"), "{failure}");
    }
}
