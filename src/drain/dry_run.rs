//! The dry run: a real run on a store that only answers and a queue that gives everything back.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::failure::Failure;
use crate::message::Receipt;
use crate::queue::{Calls, DeadLetter, Deletion, GivenBack, Queue, QueueAttributes, Received};
use crate::store::Settled;

/// Messages are held until the end, so that none is met twice; a queue hides only so many at once.
pub const MOST_HELD: u64 = 100_000;

/// A queue that deletes nothing: what came stays hidden until the run ends, and is then given back.
///
/// A FIFO queue hides a whole group behind the messages of it that are held. So when nothing comes any more,
/// all is given back and received once more, for as long as each sweep brings messages that none brought before.
pub struct HoldingQueue<'a> {
    queue: &'a dyn Queue,
    fifo: bool,
    visibility_timeout: Duration,
    /// The queue itself moves a message that was received more often: no sweep may bring that about.
    most_receives: Option<u32>,
    held: Mutex<Held>,
}

struct Held {
    receipts: Vec<Receipt>,
    hidden_since: Instant,
    met: HashSet<Uuid>,
    sweep_brought_news: bool,
    /// How often the message that was received most was received.
    receives: u32,
    interrupted: bool,
    failures: usize,
}

impl<'a> HoldingQueue<'a> {
    pub fn new(
        queue: &'a dyn Queue,
        fifo: bool,
        visibility_timeout: Duration,
        most_receives: Option<u32>,
    ) -> HoldingQueue<'a> {
        let held = Mutex::new(Held {
            receipts: Vec::new(),
            hidden_since: Instant::now(),
            met: HashSet::new(),
            sweep_brought_news: false,
            receives: 0,
            interrupted: false,
            failures: 0,
        });
        HoldingQueue { queue, fifo, visibility_timeout, most_receives, held }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives everything back; the number of messages that stay hidden all the same.
    pub fn give_all_back(&self) -> usize {
        self.end_sweep();
        self.held().failures
    }

    fn end_sweep(&self) {
        let receipts = {
            let mut held = self.held();
            held.sweep_brought_news = false;
            std::mem::take(&mut held.receipts)
        };
        if !receipts.is_empty() {
            let given_back = self.queue.give_back(&receipts).messages;
            self.held().failures += receipts.len() - given_back.min(receipts.len());
        }
    }

    /// Held messages must not come again while others are looked at.
    fn hold_longer(&self) {
        let receipts = {
            let held = self.held();
            if held.receipts.is_empty() || held.hidden_since.elapsed() < self.visibility_timeout / 2 {
                return;
            }
            held.receipts.clone()
        };
        let now = Instant::now();
        if self.queue.keep_hidden(&receipts, self.visibility_timeout).is_ok() {
            self.held().hidden_since = now;
        }
    }

    fn may_sweep_again(&self) -> bool {
        let held = self.held();
        let spared = self.most_receives.is_none_or(|most| held.receives.saturating_add(1) < most);
        self.fifo && held.sweep_brought_news && !held.receipts.is_empty() && spared && !held.interrupted
    }

    /// Holds what came, and passes on what no earlier sweep brought.
    fn hold(&self, received: &mut Received) {
        let mut held = self.held();
        let held = &mut *held;
        if held.receipts.is_empty() {
            held.hidden_since = Instant::now();
        }
        held.receipts.extend(received.messages.iter().map(|message| message.receipt.clone()));
        if self.fifo {
            received.messages.retain(|message| {
                held.receives = held.receives.max(message.receive_count.unwrap_or(1));
                held.met.insert(message.id.key)
            });
            held.sweep_brought_news |= !received.messages.is_empty();
        }
    }
}

impl Queue for HoldingQueue<'_> {
    fn receive(&self, most: usize, wait: Duration, make_room: &dyn Fn(usize)) -> Result<Received, Failure> {
        loop {
            self.hold_longer();
            let mut received = self.queue.receive(most, wait, make_room)?;
            if received.messages.is_empty() && received.lost == 0 && self.may_sweep_again() {
                self.end_sweep();
                continue;
            }
            let met_again_only = {
                let came = received.messages.len();
                self.hold(&mut received);
                came > 0 && received.messages.is_empty() && received.lost == 0
            };
            if !met_again_only {
                return Ok(received);
            }
        }
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
