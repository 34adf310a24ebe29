//! What is known of messages that a lost reply has hidden: until when an empty queue proves nothing.

use std::time::{Duration, Instant};

/// A run waits this long for hidden messages, counted from the last message that came; where they stay hidden
/// for longer, or each reply that holds them is lost again, a later run gets them.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Receives whose reply was lost on the way. Each may have hidden up to ten messages, which nobody can see
/// before their visibility timeout ends.
pub struct Hidden {
    losses: u64,
    last_news: Instant,
    until: Option<Instant>,
    worth_waiting: bool,
}

impl Hidden {
    pub fn new(now: Instant) -> Hidden {
        Hidden { losses: 0, last_news: now, until: None, worth_waiting: false }
    }

    pub fn messages_came(&mut self, now: Instant) {
        self.last_news = now;
    }

    /// `lost` replies more.
    pub fn note(&mut self, lost: u32, visibility_timeout: Duration, now: Instant) {
        self.losses += u64::from(lost);
        self.until = now.checked_add(visibility_timeout);
        self.worth_waiting = visibility_timeout <= LONGEST_WAIT;
    }

    /// True while the run should go on asking an empty queue.
    pub fn holds_open(&self, now: Instant) -> bool {
        let patient = self.worth_waiting && now < self.last_news + LONGEST_WAIT;
        patient && self.until.is_some_and(|until| now < until)
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
        for (timeout, waited_out) in [(1, true), (59, true), (61, false), (43_200, false)] {
            let timeout = Duration::from_secs(timeout);
            let mut hidden = Hidden::new(now);
            assert!(!hidden.holds_open(now) && hidden.unsettled(now) == 0);
            hidden.note(1, timeout, now);
            assert_eq!(hidden.holds_open(now), waited_out, "{timeout:?}");
            assert_eq!((hidden.unsettled(now), hidden.unsettled(now + timeout)), (1, 0));
            assert!(!hidden.holds_open(now + timeout));
        }
    }

    #[test]
    fn a_message_whose_every_reply_is_lost_is_not_waited_for_without_end() {
        let start = Instant::now();
        let mut hidden = Hidden::new(start);
        let after = |seconds| start + Duration::from_secs(seconds);
        for second in [0, 30, 59] {
            hidden.note(1, Duration::from_secs(30), after(second));
            assert!(hidden.holds_open(after(second)));
        }
        assert!(!hidden.holds_open(after(60)));
        assert_eq!(hidden.unsettled(after(60)), 3);
        hidden.messages_came(after(60));
        assert!(hidden.holds_open(after(61)));
    }
}
