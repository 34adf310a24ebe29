//! The dry run: a real run on a store that only answers and a queue that gives everything back.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::run_settings::RunSettings;
use crate::failure::Failure;
use crate::message::Receipt;
use crate::queue::{
    Calls, DeadLetter, Deletion, GivenBack, MOST_PER_RECEIVE, Queue, QueueAttributes, Received,
};
use crate::store::Settled;

/// Messages are held until the end, so that none is met twice; a queue hides only so many at once.
pub const MOST_HELD: u64 = 100_000;

/// A queue that deletes nothing: what came stays hidden until the run ends, and is then given back.
///
/// A FIFO queue hides a whole group behind the messages of it that are held. So when nothing comes any more, one
/// group after the other is given back and received once more, alone: then all of it comes, up to ten messages.
pub struct HoldingQueue<'a> {
    queue: &'a dyn Queue,
    fifo: bool,
    visibility_timeout: Duration,
    deadline: Option<Instant>,
    /// The queue itself moves a message that was received more often: no look behind it may bring that about.
    most_receives: Option<u32>,
    held: Mutex<Held>,
    /// Held while a group is looked behind: two that are open at once would hide each other's messages.
    unmet: Mutex<Unmet>,
}

struct Held {
    /// By message group; those of a standard queue have none.
    groups: HashMap<Box<str>, Group>,
    hidden_since: Instant,
    met: HashSet<Uuid>,
    interrupted: bool,
    failures: usize,
}

#[derive(Default)]
struct Group {
    receipts: Vec<Receipt>,
    /// How often the message that was received most was received.
    receives: u32,
    looked_behind: bool,
}

/// Messages that are visible and yet do not come, because they stand behind what is held.
enum Unmet {
    NotAsked,
    Unknown,
    Messages(u64),
}

impl<'a> HoldingQueue<'a> {
    pub fn new(queue: &'a dyn Queue, settings: &RunSettings, most_receives: Option<u32>) -> HoldingQueue<'a> {
        let now = Instant::now();
        let held = Held {
            groups: HashMap::new(),
            hidden_since: now,
            met: HashSet::new(),
            interrupted: false,
            failures: 0,
        };
        HoldingQueue {
            queue,
            fifo: settings.limits.fifo,
            visibility_timeout: settings.visibility_timeout,
            deadline: settings.max_seconds.and_then(|limit| now.checked_add(limit)),
            most_receives,
            held: Mutex::new(held),
            unmet: Mutex::new(Unmet::NotAsked),
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives everything back; the number of messages that stay hidden all the same.
    pub fn give_all_back(&self) -> usize {
        let receipts = std::mem::take(&mut self.held().groups).into_values();
        self.give_back_really(&receipts.flat_map(|group| group.receipts).collect::<Vec<_>>());
        self.held().failures
    }

    fn give_back_really(&self, receipts: &[Receipt]) {
        if !receipts.is_empty() {
            let given_back = self.queue.give_back(receipts).messages;
            self.held().failures += receipts.len() - given_back.min(receipts.len());
        }
    }

    /// Held messages must not come again while others are looked at.
    fn hold_longer(&self) {
        let receipts: Vec<Receipt> = {
            let held = self.held();
            if held.groups.is_empty() || held.hidden_since.elapsed() < self.visibility_timeout / 2 {
                return;
            }
            held.groups.values().flat_map(|group| group.receipts.iter().cloned()).collect()
        };
        let now = Instant::now();
        if self.queue.keep_hidden(&receipts, self.visibility_timeout).is_ok() {
            self.held().hidden_since = now;
        }
    }

    /// Receives, holds what came, and leaves what is met for the first time.
    fn receive_and_hold(
        &self,
        most: usize,
        wait: Duration,
        make_room: &dyn Fn(usize),
    ) -> Result<Received, Failure> {
        self.hold_longer();
        let mut received = self.queue.receive(most, wait, make_room)?;
        let mut held = self.held();
        let held = &mut *held;
        if held.groups.is_empty() {
            held.hidden_since = Instant::now();
        }
        for message in &received.messages {
            let group = held.groups.entry(message.group.clone().unwrap_or_default()).or_default();
            group.receipts.push(message.receipt.clone());
            group.receives = group.receives.max(message.receive_count.unwrap_or(1));
        }
        if self.fifo {
            received.messages.retain(|message| held.met.insert(message.id.key));
        }
        Ok(received)
    }

    /// Looks behind one held group after the other, until a message comes that was not met before.
    fn look_behind(
        &self,
        most: usize,
        wait: Duration,
        make_room: &dyn Fn(usize),
    ) -> Result<Received, Failure> {
        let mut unmet = self.lock_unmet();
        if matches!(*unmet, Unmet::NotAsked) {
            let visible = self.queue.attributes().ok().flatten().map(|told| told.depth.visible);
            *unmet = visible.map_or(Unmet::Unknown, Unmet::Messages);
        }
        while !matches!(*unmet, Unmet::Messages(0))
            && let Some(receipts) = self.next_group()
        {
            self.give_back_really(&receipts);
            // Those that were met come first. What is more than was asked for is held, and not passed on.
            let mut received = self.receive_and_hold(MOST_PER_RECEIVE, wait, make_room)?;
            received.messages.truncate(most);
            if let Unmet::Messages(left) = &mut *unmet {
                *left = left.saturating_sub(received.messages.len() as u64);
            }
            if brings_anything(&received) {
                return Ok(received);
            }
        }
        Ok(Received::default())
    }

    fn lock_unmet(&self) -> MutexGuard<'_, Unmet> {
        self.unmet.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All that is held of a group that nobody has looked behind.
    fn next_group(&self) -> Option<Vec<Receipt>> {
        let mut held = self.held();
        if held.interrupted || self.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return None;
        }
        let spared =
            |group: &Group| self.most_receives.is_none_or(|most| group.receives.saturating_add(1) < most);
        let group = held.groups.values_mut().find(|group| !group.looked_behind && spared(group))?;
        group.looked_behind = true;
        Some(std::mem::take(&mut group.receipts))
    }
}

fn brings_anything(received: &Received) -> bool {
    !received.messages.is_empty() || received.lost > 0
}

impl Queue for HoldingQueue<'_> {
    fn receive(&self, most: usize, wait: Duration, make_room: &dyn Fn(usize)) -> Result<Received, Failure> {
        if !matches!(*self.lock_unmet(), Unmet::NotAsked) {
            // The queue hides the rest: asking it first would wait in vain for each group.
            let received = self.look_behind(most, wait, make_room)?;
            if brings_anything(&received) {
                return Ok(received);
            }
        }
        let received = self.receive_and_hold(most, wait, make_room)?;
        if !self.fifo || brings_anything(&received) {
            return Ok(received);
        }
        self.look_behind(most, wait, make_room)
    }

    fn delete(&self, settled: &[Settled]) -> Result<Vec<Deletion>, Failure> {
        Ok(vec![Deletion::Deleted; settled.len()])
    }

    fn dead_letter(&self, _: &Settled) -> Result<DeadLetter, Failure> {
        Ok(DeadLetter::Sent)
    }

    /// All is given back together, when the run has ended.
    fn give_back(&self, receipts: &[Receipt]) -> GivenBack {
        GivenBack { messages: receipts.len(), failure: None }
    }

    fn keep_hidden(&self, receipts: &[Receipt], time: Duration) -> Result<(), Failure> {
        self.queue.keep_hidden(receipts, time)
    }

    fn attributes(&self) -> Result<Option<QueueAttributes>, Failure> {
        self.queue.attributes()
    }

    fn interrupt(&self) {
        self.held().interrupted = true;
        self.queue.interrupt();
    }

    fn calls(&self) -> Calls {
        self.queue.calls()
    }
}
