//! Until when an empty queue proves nothing, because lost replies may have hidden messages.

use std::time::{Duration, Instant};

/// A run waits this long for hidden messages, counted from the last message that came; where they stay hidden
/// for longer, or each reply that holds them is lost again, a later run gets them.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Receives whose reply was lost on the way. Each may have hidden up to ten messages, which nobody can see
/// before their visibility timeout ends. It is told the time and knows no queue.
#[derive(Debug)]
pub struct LostReplies {
    visibility_timeout: Duration,
    lost: u64,
    last_news: Instant,
    /// When the last messages that may be hidden become visible.
    until: Option<Instant>,
}

impl LostReplies {
    pub fn new(visibility_timeout: Duration, now: Instant) -> LostReplies {
        LostReplies { visibility_timeout, lost: 0, last_news: now, until: None }
    }

    pub fn messages_came(&mut self, now: Instant) {
        self.last_news = now;
    }

    /// `lost` replies more.
    pub fn note(&mut self, lost: u32, now: Instant) {
        if lost > 0 {
            self.lost += u64::from(lost);
            self.until = now.checked_add(self.visibility_timeout);
        }
    }

    /// True while the run should go on asking an empty queue.
    pub fn hold_open(&self, now: Instant) -> bool {
        let patient = self.visibility_timeout <= LONGEST_WAIT && now < self.last_news + LONGEST_WAIT;
        patient && self.until.is_some_and(|until| now < until)
    }

    /// The lost replies that may still hide messages.
    pub fn unsettled(&self, now: Instant) -> u64 {
        if self.until.is_some_and(|until| now < until) { self.lost } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_reply_is_waited_out_unless_that_takes_too_long() {
        let now = Instant::now();
        for (timeout, waited_out) in [(1, true), (59, true), (61, false), (43_200, false)] {
            let timeout = Duration::from_secs(timeout);
            let mut lost = LostReplies::new(timeout, now);
            lost.note(0, now);
            assert!(!lost.hold_open(now) && lost.unsettled(now) == 0);
            lost.note(1, now);
            assert_eq!(lost.hold_open(now), waited_out, "{timeout:?}");
            assert_eq!((lost.unsettled(now), lost.unsettled(now + timeout)), (1, 0));
            assert!(!lost.hold_open(now + timeout));
        }
    }

    #[test]
    fn a_message_whose_every_reply_is_lost_is_not_waited_for_without_end() {
        let start = Instant::now();
        let mut lost = LostReplies::new(Duration::from_secs(30), start);
        let after = |seconds| start + Duration::from_secs(seconds);
        for second in [0, 30, 59] {
            lost.note(1, after(second));
            assert!(lost.hold_open(after(second)));
        }
        assert!(!lost.hold_open(after(60)));
        assert_eq!(lost.unsettled(after(60)), 3);
        lost.messages_came(after(60));
        assert!(lost.hold_open(after(61)));
    }
}
