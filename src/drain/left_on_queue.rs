//! The messages that a run leaves on the queue: which they are, and what will become of them there.

use std::collections::{HashMap, HashSet};

use time::OffsetDateTime;
use uuid::Uuid;

use crate::batch::Delivery;
use crate::message::Receipt;

/// Beyond these a message that comes again is counted again: a run may last longer, nothing more.
const MOST_KNOWN: usize = 200_000;

/// Rejects that stay, each once. They are left to their visibility timeout: given back at once, two drains would
/// feed each other. Only on a FIFO queue are they given back when the run ends, because each blocks its group.
#[derive(Debug, Default)]
pub struct LeftOnQueue {
    ids: HashSet<Uuid>,
    /// The newest receipt and the group of each message, where the queue is a FIFO queue.
    blocking: Option<HashMap<Uuid, (Receipt, Box<str>)>>,
    /// When the oldest of them was sent: from then on SQS counts its retention period.
    pub oldest_sent_at: Option<OffsetDateTime>,
    /// How often the one that was received most was received.
    pub most_receives: Option<u32>,
}

impl LeftOnQueue {
    pub fn new(fifo: bool) -> LeftOnQueue {
        LeftOnQueue { blocking: fifo.then(HashMap::new), ..LeftOnQueue::default() }
    }

    pub fn add(&mut self, delivery: &Delivery) {
        if self.ids.len() < MOST_KNOWN {
            self.ids.insert(delivery.id.key);
        }
        self.note(delivery);
        self.oldest_sent_at = self.oldest_sent_at.into_iter().chain(delivery.sent_at).min();
    }

    /// Whether this run leaves the message on the queue and has met it before. `will_stay` says that its body
    /// alone decides that it stays: then it is known from here on, however soon it comes again.
    pub fn came_again(&mut self, delivery: &Delivery, will_stay: bool) -> bool {
        let id = delivery.id.key;
        let again = match will_stay && self.ids.len() < MOST_KNOWN {
            true => !self.ids.insert(id),
            false => self.ids.contains(&id),
        };
        if again {
            self.note(delivery);
        }
        again
    }

    fn note(&mut self, delivery: &Delivery) {
        self.most_receives = self.most_receives.into_iter().chain(delivery.receive_count).max();
        if let Some(blocking) = &mut self.blocking {
            let group = delivery.group.clone().unwrap_or_default();
            blocking.insert(delivery.id.key, (delivery.receipt.clone(), group));
        }
    }

    /// Receipts of all that block a group of a FIFO queue.
    pub fn in_blocked_groups(&self) -> Vec<Receipt> {
        self.blocking.iter().flat_map(HashMap::values).map(|(receipt, _)| receipt.clone()).collect()
    }

    pub fn blocked_groups(&self) -> usize {
        self.blocking.iter().flat_map(HashMap::values).map(|(_, group)| group).collect::<HashSet<_>>().len()
    }
}
