//! How often a call is tried and how long it pauses between: exponential backoff with full jitter.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// Tries of one call, the first included.
const MOST_TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// No try starts later than this after the first.
const LONGEST: Duration = Duration::from_secs(30);

/// The tries of one call.
pub struct Tries {
    started: Instant,
    made: u32,
}

impl Tries {
    pub fn begin() -> Tries {
        Tries { started: Instant::now(), made: 1 }
    }

    /// How long to pause before the next try; `None` when there is none.
    pub fn pause(&mut self) -> Option<Duration> {
        if self.made >= MOST_TRIES || self.started.elapsed() >= LONGEST {
            return None;
        }
        let bound = (FIRST_PAUSE * 2_u32.pow(self.made - 1)).min(LONGEST_PAUSE);
        self.made += 1;
        Some(bound.mul_f64(jitter()))
    }
}

/// A number from 0 to 1. Every `RandomState` has new keys, which is random enough to spread calls.
fn jitter() -> f64 {
    let bits = RandomState::new().hash_one(0_u8) >> 11;
    bits as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_bounded_and_tries_end() {
        let mut tries = Tries::begin();
        let mut pauses = Vec::new();
        while let Some(pause) = tries.pause() {
            pauses.push(pause);
        }
        assert_eq!(pauses.len(), 5);
        assert!(pauses.iter().all(|pause| *pause <= LONGEST_PAUSE));
    }

    #[test]
    fn jitter_spreads() {
        let all: Vec<f64> = (0..100).map(|_| jitter()).collect();
        assert!(all.iter().all(|jitter| (0.0..1.0).contains(jitter)));
        assert!(all.iter().any(|jitter| *jitter < 0.5) && all.iter().any(|jitter| *jitter >= 0.5));
    }
}
