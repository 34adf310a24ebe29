//! How many receives may be in flight, and whether another may be made.

use super::empty_queue::{EmptyQueue, Round};
use super::run_settings::Limits;
use crate::queue::MOST_PER_RECEIVE;
use crate::report::StopReason;

/// Leave to make one receive call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    pub most: usize,
    pub wait_seconds: u32,
    round: Round,
}

/// What a receiver does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Receive(Permit),
    /// Enough receives are in flight: ask again when one has ended.
    Wait,
    Stop,
}

/// The state of all receivers together. It is told what happened, and knows neither clock nor threads.
///
/// A run starts with one receive in flight. Each full reply allows one more; an empty one goes back to one.
#[derive(Debug)]
pub struct Receives {
    limits: Limits,
    allowed: usize,
    in_flight: usize,
    /// Messages that receives in flight may still bring.
    asked: u64,
    received: u64,
    /// Messages received and neither deleted nor left nor given back yet.
    held: u64,
    empty: EmptyQueue,
    stopped: Option<StopReason>,
}

impl Receives {
    pub fn new(limits: Limits) -> Receives {
        Receives {
            limits,
            allowed: 1,
            in_flight: 0,
            asked: 0,
            received: 0,
            held: 0,
            empty: EmptyQueue::new(&limits),
            stopped: None,
        }
    }

    pub fn next(&mut self) -> Next {
        if self.stopped.is_some() {
            return Next::Stop;
        }
        let left = self.limits.max_messages.map_or(u64::MAX, |most| most.saturating_sub(self.received));
        if left == 0 {
            self.stop(StopReason::MaxMessages);
            return Next::Stop;
        }
        let most =
            MOST_PER_RECEIVE.min(usize::try_from(left.saturating_sub(self.asked)).unwrap_or(usize::MAX));
        if self.in_flight >= self.allowed || most == 0 {
            return Next::Wait;
        }
        self.in_flight += 1;
        self.asked += most as u64;
        let holding = self.held > 0;
        Next::Receive(Permit {
            most,
            wait_seconds: self.empty.wait(holding),
            round: self.empty.round(holding),
        })
    }

    /// A receive has ended with this many messages that the run had not seen before.
    pub fn ended(&mut self, permit: Permit, news: usize) {
        self.in_flight -= 1;
        self.asked -= permit.most as u64;
        self.received += news as u64;
        self.held += news as u64;
        if news > 0 {
            self.empty.news();
            if news == permit.most {
                self.allowed = (self.allowed + 1).min(self.limits.receivers);
            }
            return;
        }
        self.allowed = 1;
        self.empty.no_news(permit.round);
        if self.empty.stays_empty() && self.in_flight == 0 {
            self.stop(StopReason::Empty);
        }
    }

    /// While it is held open, a run does not end because the queue looks empty.
    pub fn hold_open(&mut self, held_open: bool) {
        self.empty.hold_open(held_open);
    }

    /// Messages were deleted, left on the queue or given back.
    pub fn no_longer_held(&mut self, messages: usize) {
        self.held -= messages as u64;
    }

    /// The first reason stays.
    pub fn stop(&mut self, reason: StopReason) {
        self.stopped.get_or_insert(reason);
    }

    pub fn stopped(&self) -> Option<StopReason> {
        self.stopped
    }
}

#[cfg(test)]
mod tests;
