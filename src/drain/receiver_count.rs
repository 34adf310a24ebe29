//! How many receives may be in flight, and whether another may be made.

use std::time::Instant;

use super::empty_queue::{EmptyQueue, Round};
use super::receiver_ceiling::ReceiverCeiling;
use super::run_settings::Limits;
use crate::queue::MOST_PER_RECEIVE;
use crate::report::StopReason;

/// Leave to make one receive call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    pub most: usize,
    pub wait_seconds: u32,
    round: Round,
    /// How often the count had been halved when the receive was made.
    halvings: u32,
}

/// What one receive came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Brought {
    /// Messages that the run had not seen before.
    pub news: usize,
    /// The queue refused a try of it because it was asked too often.
    pub throttled: bool,
}

/// So many messages in one reply say that the queue has enough for one receiver more: real queues seldom fill a
/// reply, however many messages they hold.
const ENOUGH_FOR_ANOTHER: usize = 5;

/// What a receiver does next.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Receive(Permit),
    /// Enough receives are in flight: ask again when one has ended.
    Wait,
    Stop,
}

/// The state of all receivers together. It is told what happened and when, and knows neither clock nor threads.
///
/// A run starts with one receive in flight. Each reply that is half full allows one more, up to as many as pay; an
/// empty one goes back to one, and a queue that throttles halves their number.
#[derive(Debug)]
pub struct Receives {
    limits: Limits,
    allowed: usize,
    ceiling: ReceiverCeiling,
    halvings: u32,
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
            ceiling: ReceiverCeiling::new(limits.receivers),
            halvings: 0,
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
        if self.limits.max_messages.is_some_and(|most| self.received >= most) {
            self.stop(StopReason::MaxMessages);
            return Next::Stop;
        }
        let most = self.most();
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
            halvings: self.halvings,
        })
    }

    /// The messages that one more receive may ask for.
    fn most(&self) -> usize {
        let left = self.limits.max_messages.map_or(u64::MAX, |most| most.saturating_sub(self.received));
        MOST_PER_RECEIVE.min(usize::try_from(left.saturating_sub(self.asked)).unwrap_or(usize::MAX))
    }

    /// Whether one more receive may be made now.
    pub fn has_leave(&self) -> bool {
        self.stopped.is_none() && self.in_flight < self.allowed && self.most() > 0
    }

    /// Whether so many receivers may be at work.
    pub fn allows(&self, receivers: usize) -> bool {
        receivers <= self.allowed
    }

    /// So many receivers are known to pay, and as many acknowledgers have enough to do.
    pub fn worth_it(&self) -> usize {
        self.ceiling.proven()
    }

    /// A receive has ended.
    pub fn ended(&mut self, permit: Permit, brought: Brought, at: Instant) {
        let Brought { news, throttled } = brought;
        self.in_flight -= 1;
        self.asked -= permit.most as u64;
        self.received += news as u64;
        self.held += news as u64;
        match (news, throttled) {
            (0, _) => self.fall_back(1),
            (_, true) => self.halve(permit),
            (ENOUGH_FOR_ANOTHER.., false) => self.allowed += 1,
            (_, false) => {}
        }
        if self.allowed >= self.ceiling.now() {
            self.ceiling.replied(news, at);
            self.allowed = self.allowed.min(self.ceiling.now());
        }
        if news > 0 {
            self.empty.news();
            return;
        }
        self.empty.no_news(permit.round);
        if self.empty.stays_empty() && self.in_flight == 0 {
            self.stop(StopReason::Empty);
        }
    }

    /// Receives that ran side by side are throttled together, and halve the count once.
    fn halve(&mut self, permit: Permit) {
        if permit.halvings == self.halvings {
            self.fall_back((self.allowed / 2).max(1));
            self.halvings += 1;
        }
    }

    fn fall_back(&mut self, allowed: usize) {
        self.allowed = allowed;
        self.ceiling.interrupted();
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
