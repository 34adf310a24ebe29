//! How much of what the queue sent may be held in memory at once, and when another reply may be read.

use std::collections::VecDeque;

/// The next reply is taken to be as large as the largest of so many before it.
const REMEMBERED: usize = 32;

/// A reply is held as it came until all its messages are read out of it.
const TIMES_WHILE_READ: usize = 2;

/// Bytes that are charged for what a run holds. It is told what happened, and knows neither clock nor threads.
///
/// One reply may always be read and one message sent on, however large they are; so what is charged never exceeds
/// the limit by more than that.
#[derive(Debug)]
pub struct MemoryBudget {
    limit: usize,
    charged: usize,
    sending: usize,
    recent: VecDeque<usize>,
}

impl MemoryBudget {
    pub fn new(limit: usize) -> MemoryBudget {
        MemoryBudget { limit, charged: 0, sending: 0, recent: VecDeque::with_capacity(REMEMBERED) }
    }

    /// The charge for a reply of so many bytes while it is read.
    pub fn for_reply(bytes: usize) -> usize {
        bytes.saturating_mul(TIMES_WHILE_READ)
    }

    /// The charge for the next reply, before anything is known of it.
    fn guess(&self) -> usize {
        MemoryBudget::for_reply(self.recent.iter().copied().max().unwrap_or(0))
    }

    /// Whether a receive may be made: what it may bring fits, or nothing else is held.
    pub fn has_room(&self) -> bool {
        self.charged == 0 || self.charged.saturating_add(self.guess()) <= self.limit
    }

    /// Charges what a receive may bring, and tells how much that is.
    pub fn reserve(&mut self) -> usize {
        let guess = self.guess();
        self.charge(guess);
        guess
    }

    /// Whether a reply may be read that is larger than the `own` bytes charged for it already. Only one goes beyond
    /// the limit at a time.
    pub fn may_grow(&self, own: usize) -> bool {
        self.charged <= self.limit || self.charged == own
    }

    /// Whether a message may be sent on. It is charged itself, so it must not wait for that.
    pub fn may_send(&self) -> bool {
        self.sending == 0 || self.charged <= self.limit
    }

    pub fn begin_sending(&mut self, bytes: usize) {
        self.sending += 1;
        self.charge(bytes);
    }

    pub fn end_sending(&mut self, bytes: usize) {
        self.sending -= 1;
        self.release(bytes);
    }

    pub fn charge(&mut self, bytes: usize) {
        self.charged = self.charged.saturating_add(bytes);
    }

    pub fn release(&mut self, bytes: usize) {
        self.charged = self.charged.saturating_sub(bytes);
    }

    /// A reply of so many bytes was read.
    pub fn note_reply(&mut self, bytes: usize) {
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(bytes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_largest_of_the_last_replies_is_the_guess_for_the_next() {
        let mut budget = MemoryBudget::new(1000);
        assert_eq!(budget.reserve(), 0, "nothing is known of the first");
        for bytes in [10, 300, 20] {
            budget.note_reply(bytes);
        }
        assert_eq!(budget.reserve(), 600);
        (0..REMEMBERED).for_each(|_| budget.note_reply(7));
        assert_eq!(budget.reserve(), 14);
    }

    #[test]
    fn a_receive_waits_for_room_but_one_reply_may_always_be_read() {
        let mut budget = MemoryBudget::new(1000);
        budget.note_reply(400);
        assert!(budget.has_room());
        budget.reserve();
        assert!(!budget.has_room(), "800 and 800 are more than 1,000");
        budget.release(800);
        budget.note_reply(10_000);
        assert!(budget.has_room(), "nothing else is held");
        budget.reserve();
        assert!(!budget.has_room());
    }

    #[test]
    fn a_reply_that_is_larger_than_expected_goes_on_while_no_other_is_beyond_the_limit() {
        let mut budget = MemoryBudget::new(1000);
        budget.charge(900);
        assert!(budget.may_grow(100));
        budget.charge(5000);
        assert!(!budget.may_grow(100));
        budget.release(5000);
        assert!(budget.may_grow(100));
        budget.charge(5000);
        assert!(budget.may_grow(5900), "it must not wait for itself");
    }

    #[test]
    fn a_message_is_sent_on_though_nothing_fits_beside_it_but_no_two_at_once() {
        let mut budget = MemoryBudget::new(1000);
        budget.charge(5000);
        assert!(budget.may_send());
        budget.begin_sending(300);
        assert!(!budget.may_send());
        budget.end_sending(300);
        assert!(budget.may_send());
    }

    proptest! {
        #[test]
        fn no_more_than_the_limit_and_one_reply_is_ever_charged_and_somebody_can_always_go_on(
            replies in prop::collection::vec(0_usize..500, 1..100),
            limit in 1_usize..2000,
        ) {
            let mut budget = MemoryBudget::new(limit);
            let mut begun: Vec<(usize, usize)> = Vec::new();
            let mut replies = replies.into_iter().peekable();
            let mut most = 0;
            while replies.peek().is_some() || !begun.is_empty() {
                if budget.has_room() && let Some(bytes) = replies.next() {
                    begun.push((budget.reserve(), bytes));
                    continue;
                }
                // All that is in flight turns out as large as it is, as far as it may.
                for (charged, bytes) in &mut begun {
                    let whole = MemoryBudget::for_reply(*bytes);
                    if whole > *charged && budget.may_grow(*charged) {
                        budget.charge(whole - *charged);
                        *charged = whole;
                    }
                }
                most = most.max(budget.charged);
                let before = begun.len();
                begun.retain(|(charged, bytes)| {
                    let done = *charged >= MemoryBudget::for_reply(*bytes);
                    if done {
                        budget.release(*charged);
                        budget.note_reply(*bytes);
                    }
                    !done
                });
                prop_assert!(begun.len() < before, "all wait for each other");
            }
            prop_assert_eq!(budget.charged, 0);
            prop_assert!(most <= limit + MemoryBudget::for_reply(500));
        }
    }
}
