//! How far this machine's clock is from the servers', by the `Date` of their replies.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use time::format_description::well_known::Rfc2822;
use time::{Duration, OffsetDateTime};

use crate::failure::Failure;

/// A server refuses a signature whose time is five minutes off; some are stricter.
const TAKEN_FOR_RIGHT: Duration = Duration::minutes(4);

/// Noted by any number of threads.
#[derive(Debug, Default)]
pub struct Clock(Mutex<Readings>);

#[derive(Debug, Default)]
struct Readings {
    /// How far this machine was ahead at the latest reply that told.
    ahead: Option<Duration>,
    /// What is taken off this machine's time in signatures.
    correction: Duration,
}

impl Clock {
    fn readings(&self) -> MutexGuard<'_, Readings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether signatures are made with a time that servers do not take.
    pub fn is_off(&self) -> bool {
        let readings = self.readings();
        readings.ahead.is_some_and(|ahead| (ahead - readings.correction).abs() > TAKEN_FOR_RIGHT)
    }

    /// From here on signatures are made with the server's time.
    pub fn correct(&self) {
        let mut readings = self.readings();
        readings.correction = readings.ahead.unwrap_or_default();
    }

    /// The time for a signature that is made now.
    pub fn server_time(&self) -> SystemTime {
        (OffsetDateTime::now_utc() - self.correction()).into()
    }

    /// To be taken off this machine's time in signatures; zero as long as no signature was refused for its time.
    pub fn correction(&self) -> Duration {
        self.readings().correction
    }

    /// `date` is the text of a reply that came at `now`.
    pub fn note(&self, date: &str, now: OffsetDateTime) {
        if let Ok(server) = OffsetDateTime::parse(&date.replace("GMT", "+0000"), &Rfc2822) {
            self.readings().ahead = Some(now - server);
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
        self.readings().ahead
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
