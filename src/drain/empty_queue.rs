//! When the queue counts as empty, and how long each receive waits to find out.

use super::run_settings::Limits;

/// Seconds. Asking again and again for messages that are hidden must cost few calls.
const WAIT_WHILE_HIDDEN: u32 = 2;

/// The round that a receive was made in: an empty reply counts only if it was asked for after the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    number: u64,
    /// Messages of ours were in flight when the receive was made.
    holding: bool,
}

/// The queue counts as empty after two rounds of long polls in a row, after the last message, that bring
/// nothing. The two share the waiting time, so that an idle run costs two calls and ends when the time is over.
#[derive(Debug)]
pub struct EmptyQueue {
    wait_seconds: u32,
    fifo: bool,
    empty_rounds: u32,
    round: u64,
    /// Empty replies prove nothing: messages may be hidden.
    held_open: bool,
}

impl EmptyQueue {
    pub fn new(limits: &Limits) -> EmptyQueue {
        EmptyQueue {
            wait_seconds: limits.wait_seconds,
            fifo: limits.fifo,
            empty_rounds: 0,
            round: 0,
            held_open: false,
        }
    }

    pub fn round(&self, holding: bool) -> Round {
        Round { number: self.round, holding }
    }

    /// Seconds that a receive waits: the first round the longer half of the time, the second the rest.
    pub fn wait(&self, holding: bool) -> u32 {
        if self.held_open || (self.fifo && holding) {
            return self.wait_seconds.max(WAIT_WHILE_HIDDEN);
        }
        if self.empty_rounds == 0 { self.wait_seconds.div_ceil(2) } else { self.wait_seconds / 2 }
    }

    /// A receive brought messages that this run had not seen before.
    pub fn news(&mut self) {
        self.empty_rounds = 0;
        self.round += 1;
    }

    /// A receive of this round brought none.
    pub fn no_news(&mut self, round: Round) {
        // A FIFO queue hides a group while one of its messages is in flight.
        let hidden = self.fifo && round.holding;
        if !hidden && (self.empty_rounds == 0 || round.number == self.round) {
            self.empty_rounds += 1;
            self.round += 1;
        }
    }

    /// While it is held open, a run does not end because the queue looks empty.
    pub fn hold_open(&mut self, held_open: bool) {
        self.held_open = held_open;
    }

    pub fn stays_empty(&self) -> bool {
        self.empty_rounds >= 2 && !self.held_open
    }
}
