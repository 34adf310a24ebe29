//! How many receives may be in flight, how long each waits, and when the queue counts as empty.

use super::run_settings::Limits;
use crate::stop::StopReason;

/// SQS hands out at most ten messages a call.
pub const MOST_PER_RECEIVE: usize = 10;

/// Seconds. Asking again and again for messages that are hidden must cost few calls.
const WAIT_WHILE_HIDDEN: u32 = 2;

/// Leave to make one receive call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    pub most: usize,
    pub wait_seconds: u32,
    /// The round it belongs to: an empty reply counts only if it was asked for after the one before.
    round: u64,
    /// Messages of ours were in flight when it was given.
    holding: bool,
}

/// What a receiver does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Receive(Permit),
    /// Enough receives are in flight: ask again when one has ended.
    Wait,
    Stop,
}

/// The state of all receivers together.
///
/// The queue counts as empty after two rounds of long polls in a row, after the last message, that bring
/// nothing. The two share the waiting time, so that an idle run costs two calls and ends when the time is over.
/// A run starts with one receive in flight. Each full reply allows one more; an empty one goes back to one.
#[derive(Debug)]
pub struct Intake {
    limits: Limits,
    allowed: usize,
    in_flight: usize,
    /// Messages that receives in flight may still bring.
    asked: u64,
    received: u64,
    /// Messages received and neither deleted nor given back yet.
    held: u64,
    empty_rounds: u32,
    round: u64,
    /// Empty replies prove nothing: messages may be hidden.
    held_open: bool,
    stopped: Option<Stopped>,
}

/// Why no further receive is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    InGoodOrder(StopReason),
    ByFailure,
}

impl Intake {
    pub fn new(limits: Limits) -> Intake {
        Intake {
            limits,
            allowed: 1,
            in_flight: 0,
            asked: 0,
            received: 0,
            held: 0,
            empty_rounds: 0,
            round: 0,
            held_open: false,
            stopped: None,
        }
    }

    pub fn next(&mut self) -> Next {
        if self.stopped.is_some() {
            return Next::Stop;
        }
        let left = self.limits.max_messages.map_or(u64::MAX, |most| most.saturating_sub(self.received));
        if left == 0 {
            self.stop(Stopped::InGoodOrder(StopReason::MaxMessages));
            return Next::Stop;
        }
        let most =
            MOST_PER_RECEIVE.min(usize::try_from(left.saturating_sub(self.asked)).unwrap_or(usize::MAX));
        if self.in_flight >= self.allowed || most == 0 {
            return Next::Wait;
        }
        self.in_flight += 1;
        self.asked += most as u64;
        Next::Receive(Permit { most, wait_seconds: self.wait(), round: self.round, holding: self.held > 0 })
    }

    /// The first round waits the longer half of the time, the second the rest.
    fn wait(&self) -> u32 {
        let wait = self.limits.wait_seconds;
        if self.held_open || (self.limits.fifo && self.held > 0) {
            return wait.max(WAIT_WHILE_HIDDEN);
        }
        if self.empty_rounds == 0 { wait.div_ceil(2) } else { wait / 2 }
    }

    /// A receive has ended with `received` messages, `news` of which this run had not seen before.
    pub fn ended(&mut self, permit: Permit, received: usize, news: usize) {
        self.in_flight -= 1;
        self.asked -= permit.most as u64;
        self.received += received as u64;
        self.held += received as u64;
        if news > 0 {
            self.empty_rounds = 0;
            self.round += 1;
            if received == permit.most {
                self.allowed = (self.allowed + 1).min(self.limits.receivers);
            }
            return;
        }
        self.allowed = 1;
        let hidden = self.limits.fifo && permit.holding;
        if !hidden && (self.empty_rounds == 0 || permit.round == self.round) {
            self.empty_rounds += 1;
            self.round += 1;
        }
        if self.empty_rounds >= 2 && self.in_flight == 0 && !self.held_open {
            self.stop(Stopped::InGoodOrder(StopReason::Empty));
        }
    }

    /// While it is held open, a run does not end because the queue looks empty.
    pub fn hold_open(&mut self, held_open: bool) {
        self.held_open = held_open;
    }

    /// Messages were deleted, kept or given back.
    pub fn let_go(&mut self, messages: usize) {
        self.held -= messages as u64;
    }

    /// The first reason stays.
    pub fn stop(&mut self, stopped: Stopped) {
        self.stopped.get_or_insert(stopped);
    }

    pub fn stopped(&self) -> Option<Stopped> {
        self.stopped
    }
}

#[cfg(test)]
mod tests;
