//! How many acknowledgers a run has: one more whenever those at work are behind.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Acknowledgers at work are behind when what waits for them would take them longer than this.
const BEHIND: Duration = Duration::from_millis(20);

/// A run starts with one.
#[derive(Debug)]
pub struct AcknowledgerCount {
    running: AtomicUsize,
}

impl AcknowledgerCount {
    pub fn new() -> AcknowledgerCount {
        AcknowledgerCount { running: AtomicUsize::new(1) }
    }

    /// Whether the caller should start one more, of `most`. `waiting` calls are to be made, and the last one took so
    /// long.
    pub fn grows(&self, waiting: usize, took: Duration, most: usize) -> bool {
        let more = |running: usize| {
            let calls_each = u32::try_from(waiting / running).unwrap_or(u32::MAX);
            (running < most && took.saturating_mul(calls_each) > BEHIND).then_some(running + 1)
        };
        self.running.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// The one that was to be started could not be.
    pub fn was_not_started(&self) {
        self.running.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_calls_are_shared_by_more_acknowledgers_and_fast_ones_are_not() {
        let grown = |milliseconds, waiting| {
            let count = AcknowledgerCount::new();
            (0..1000).filter(|_| count.grows(waiting, Duration::from_millis(milliseconds), 64)).count() + 1
        };
        assert_eq!(grown(20, 100), 51);
        assert_eq!(grown(200, 100), 64, "never more than allowed");
        assert_eq!(grown(20, 1), 1, "what is just being taken is not behind");
        assert_eq!(grown(0, 100), 1);
    }
}
