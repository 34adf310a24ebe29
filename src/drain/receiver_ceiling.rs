//! How many receivers pay: twice as many for as long as twice as many bring much more.

use std::time::{Duration, Instant};

/// So many are never too many: their threads cost less than finding out.
const ALWAYS: usize = 8;

/// What receivers beyond those before must bring, as a share of what so many more would bring of a queue that they
/// only wait for. Where the processor is full, new ones take from the acknowledgers' share of it and bring up to a
/// third more for a while, though the run goes no faster.
const WORTH: f64 = 0.4;

/// A count is judged by so many replies to each receiver, after as many that were asked for with fewer in flight …
const REPLIES_EACH: usize = 2;
/// … and for no less than this, which is longer than a commit or another program keeps the processor.
const AT_LEAST: Duration = Duration::from_millis(50);

/// Then half the count is tried again, because a queue or a machine may have changed; after each trial that was not
/// worth it, later.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
const AGAIN_AT_LAST: Duration = Duration::from_secs(8);

/// It is told of every reply and when it came.
#[derive(Debug)]
pub struct ReceiverCeiling {
    most: usize,
    now: usize,
    /// The count before, which was worth it, and the messages that it brought in a second.
    before: Option<(usize, f64)>,
    phase: Phase,
    rest: Duration,
}

#[derive(Debug)]
enum Phase {
    /// So many replies still come of receives that ran beside fewer others.
    Begins(usize),
    Measures {
        since: Instant,
        replies: usize,
        messages: usize,
    },
    Rests {
        until: Instant,
    },
}

impl ReceiverCeiling {
    pub fn new(most: usize) -> ReceiverCeiling {
        let now = most.min(ALWAYS);
        ReceiverCeiling { most, now, before: None, phase: Phase::Begins(now), rest: AGAIN_AFTER }
    }

    /// The receivers that may be at work.
    pub fn now(&self) -> usize {
        self.now
    }

    /// So many receivers are known to be worth it.
    pub fn proven(&self) -> usize {
        self.before.map_or(self.now, |(receivers, _)| receivers)
    }

    /// A reply came while as many receivers were at work as may be.
    pub fn replied(&mut self, messages: usize, at: Instant) {
        match &mut self.phase {
            Phase::Begins(0 | 1) => self.phase = Phase::Measures { since: at, replies: 0, messages: 0 },
            Phase::Begins(left) => *left -= 1,
            Phase::Measures { since, replies, messages: sum } => {
                *replies += 1;
                *sum += messages;
                let took = at.saturating_duration_since(*since);
                if *replies >= REPLIES_EACH * self.now && took >= AT_LEAST {
                    let rate = *sum as f64 / took.as_secs_f64();
                    self.judge(rate, at);
                }
            }
            Phase::Rests { until } => {
                if at >= *until && self.most > ALWAYS {
                    self.begin((self.now / 2).max(ALWAYS));
                }
            }
        }
    }

    /// Fewer receivers are at work: what is being measured says nothing.
    pub fn interrupted(&mut self) {
        self.now = self.proven();
        self.before = None;
        self.begin(self.now);
    }

    fn judge(&mut self, rate: f64, at: Instant) {
        if let Some((before, rate_before)) = self.before.take() {
            let worth = 1.0 + WORTH * (self.now as f64 / before as f64 - 1.0);
            if rate < worth * rate_before {
                self.now = before;
                self.phase = Phase::Rests { until: at + self.rest };
                self.rest = (self.rest * 2).min(AGAIN_AT_LAST);
                return;
            }
            self.rest = AGAIN_AFTER;
        }
        if self.now == self.most {
            self.phase = Phase::Rests { until: at + AGAIN_AT_LAST };
            return;
        }
        self.before = Some((self.now, rate));
        self.begin((self.now * 2).min(self.most));
    }

    fn begin(&mut self, receivers: usize) {
        self.now = receivers;
        self.phase = Phase::Begins(receivers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: Duration = Duration::from_millis(20);
    const SOON: Duration = Duration::from_millis(1);
    const ANY: f64 = f64::INFINITY;

    struct Run {
        ceiling: ReceiverCeiling,
        now: Instant,
    }

    impl Run {
        fn new(most: usize) -> Run {
            Run { ceiling: ReceiverCeiling::new(most), now: Instant::now() }
        }

        /// The count after `seconds` of replies with ten messages from a queue that takes `latency`, on a machine
        /// that handles `most_a_second` replies.
        fn after(&mut self, seconds: f64, latency: Duration, most_a_second: f64) -> usize {
            let end = self.now + Duration::from_secs_f64(seconds);
            while self.now < end {
                let waited_for = self.ceiling.now() as f64 / latency.as_secs_f64().max(1e-9);
                self.now += Duration::from_secs_f64(1.0 / waited_for.min(most_a_second));
                self.ceiling.replied(10, self.now);
            }
            self.ceiling.now()
        }

        /// The count in most tenths of the next ten seconds: in a few of them others are tried.
        fn mostly(&mut self, latency: Duration, most_a_second: f64) -> usize {
            let mut counts: Vec<_> = (0..100).map(|_| self.after(0.1, latency, most_a_second)).collect();
            counts.sort_unstable();
            counts[50]
        }
    }

    #[test]
    fn a_queue_that_takes_its_time_gets_as_many_receivers_as_may_be_within_half_a_second() {
        for most in [1, 8, 9, 10, 24, 64, 100] {
            assert_eq!(Run::new(most).after(0.5, SLOW, ANY), most);
        }
    }

    #[test]
    fn a_machine_that_is_full_gets_no_more_receivers_than_fill_it() {
        assert_eq!(Run::new(64).mostly(SOON, 3000.0), 8);
        assert_eq!(Run::new(64).mostly(SLOW, 700.0), 16, "16 bring 700, 8 bring 400");
        assert_eq!(Run::new(64).mostly(SLOW, ANY), 64);
    }

    #[test]
    fn what_was_found_is_tried_again_after_a_while_in_both_directions() {
        let mut run = Run::new(64);
        assert_eq!(run.mostly(SOON, 3000.0), 8);
        run.after(10.0, SLOW, ANY);
        assert_eq!(run.mostly(SLOW, ANY), 64);
        run.after(30.0, SOON, 3000.0);
        assert_eq!(run.mostly(SOON, 3000.0), 8);
    }

    #[test]
    fn a_count_that_was_being_tried_is_not_kept_when_the_trial_is_interrupted() {
        let mut run = Run::new(64);
        while run.after(0.02, SLOW, ANY) == 8 {}
        assert_eq!((run.ceiling.now(), run.ceiling.proven()), (16, 8));
        run.ceiling.interrupted();
        assert_eq!((run.ceiling.now(), run.ceiling.proven()), (8, 8));
    }
}
