//! How long fetched credentials are used: when they are fresh, when a new set is due, when they are gone.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as Keys;

/// A new set is fetched this long before the old one ends, so that a short outage goes unnoticed.
const RENEW_BEFORE_END: Duration = Duration::from_secs(300);
/// After a renewal that failed, calls go on with the old set for so long before the next attempt.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(20);

/// What the cache has to offer right now.
#[derive(Debug, PartialEq, Eq)]
pub enum Offer {
    Fresh(Keys),
    /// Still valid, but it is time to fetch the next set.
    Due(Keys),
    Nothing,
}

/// One set of credentials with its times. Failures are never kept.
#[derive(Debug, Default)]
pub struct Cache {
    held: Option<Held>,
}

#[derive(Debug)]
struct Held {
    keys: Keys,
    due_at: Option<SystemTime>,
}

impl Cache {
    pub fn offer(&self, now: SystemTime) -> Offer {
        let Some(held) = &self.held else { return Offer::Nothing };
        let keys = held.keys.clone();
        match (keys.expiry(), held.due_at) {
            (Some(end), _) if end <= now => Offer::Nothing,
            (_, Some(due_at)) if due_at <= now => Offer::Due(keys),
            _ => Offer::Fresh(keys),
        }
    }

    pub fn store(&mut self, keys: Keys, now: SystemTime) {
        let due_at = keys.expiry().map(|end| due_at(end, now));
        self.held = Some(Held { keys, due_at });
    }

    /// Puts the next attempt off, because the one just made failed.
    pub fn postpone(&mut self, now: SystemTime) {
        if let Some(held) = &mut self.held {
            held.due_at = Some(now + PAUSE_AFTER_FAILURE);
        }
    }

    pub fn forget(&mut self) {
        self.held = None;
    }
}

/// Sets that live for less than ten minutes are used for half their life, or each call would fetch.
fn due_at(end: SystemTime, now: SystemTime) -> SystemTime {
    let life = end.duration_since(now).unwrap_or_default();
    now + life.saturating_sub(RENEW_BEFORE_END).max(life / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds)
    }

    fn keys(end: Option<u64>) -> Keys {
        Keys::new("AK", "secret", None, end.map(at), "test")
    }

    fn offered(cache: &Cache, seconds: u64) -> &'static str {
        match cache.offer(at(seconds)) {
            Offer::Fresh(_) => "fresh",
            Offer::Due(_) => "due",
            Offer::Nothing => "nothing",
        }
    }

    fn holding(end: Option<u64>) -> Cache {
        let mut cache = Cache::default();
        cache.store(keys(end), at(0));
        cache
    }

    #[test]
    fn an_hour_is_renewed_five_minutes_before_its_end() {
        let cache = holding(Some(3600));
        for (seconds, want) in
            [(0, "fresh"), (3299, "fresh"), (3300, "due"), (3599, "due"), (3600, "nothing")]
        {
            assert_eq!(offered(&cache, seconds), want, "after {seconds} s");
        }
    }

    #[test]
    fn a_short_life_is_used_for_half() {
        let cache = holding(Some(120));
        for (seconds, want) in [(59, "fresh"), (60, "due"), (120, "nothing")] {
            assert_eq!(offered(&cache, seconds), want, "after {seconds} s");
        }
    }

    #[test]
    fn keys_without_an_end_stay_fresh() {
        assert_eq!(offered(&holding(None), 1_000_000_000), "fresh");
    }

    #[test]
    fn a_failed_renewal_waits_but_never_past_the_end() {
        let mut cache = holding(Some(3600));
        cache.postpone(at(3590));
        assert_eq!(offered(&cache, 3595), "fresh");
        assert_eq!(offered(&cache, 3600), "nothing");
        let mut cache = holding(Some(3600));
        cache.postpone(at(3300));
        assert_eq!(offered(&cache, 3320), "due");
    }

    #[test]
    fn forgotten_or_expired_keys_are_not_offered() {
        let mut cache = holding(None);
        cache.forget();
        assert_eq!(offered(&cache, 0), "nothing");
        cache.store(keys(Some(0)), at(10));
        assert_eq!(offered(&cache, 10), "nothing");
    }
}
