//! Owns what is known of messages that a lost reply has hidden: until when an empty queue proves nothing.
//! Never: the clock, the queue: it is told both.

use std::time::{Duration, Instant};

/// A run waits this long for hidden messages; where they stay hidden for longer, a later run gets them.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Receives whose reply was lost on the way. Each may have hidden up to ten messages, which nobody can see
/// before their visibility timeout ends.
#[derive(Default)]
pub struct Hidden {
    losses: u64,
    until: Option<Instant>,
    worth_waiting: bool,
}

impl Hidden {
    /// True if there are more losses than were noted.
    pub fn is_news(&self, losses: u64) -> bool {
        losses > self.losses
    }

    pub fn note(&mut self, losses: u64, visibility_timeout: Duration, now: Instant) {
        self.losses = losses;
        self.until = now.checked_add(visibility_timeout);
        self.worth_waiting = visibility_timeout <= LONGEST_WAIT;
    }

    /// True while the run should go on asking an empty queue.
    pub fn holds_open(&self, now: Instant) -> bool {
        self.worth_waiting && self.until.is_some_and(|until| now < until)
    }

    /// The losses that may still hide messages.
    pub fn unsettled(&self, now: Instant) -> u64 {
        if self.until.is_some_and(|until| now < until) { self.losses } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_waited_out_unless_that_takes_too_long() {
        let now = Instant::now();
        for (timeout, waited_out) in [(1, true), (60, true), (61, false), (43_200, false)] {
            let timeout = Duration::from_secs(timeout);
            let mut hidden = Hidden::default();
            assert!(!hidden.holds_open(now) && hidden.unsettled(now) == 0 && hidden.is_news(1));
            hidden.note(1, timeout, now);
            assert_eq!(hidden.holds_open(now), waited_out, "{timeout:?}");
            assert_eq!((hidden.unsettled(now), hidden.unsettled(now + timeout)), (1, 0));
            assert!(!hidden.holds_open(now + timeout) && !hidden.is_news(1));
        }
    }
}
