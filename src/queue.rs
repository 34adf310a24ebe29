//! The seam to the queue: what the drain asks of it, in the queue's own words.

#[cfg(test)]
pub mod memory;

use std::time::Duration;

use crate::failure::Failure;
use crate::message::{Message, Receipt};
/// The proof without which nothing is deleted.
pub use crate::store::Settled;

/// A queue that many threads may call at once. Retries are the queue's own matter:
/// an error here means that it has given up.
pub trait Queue: Sync {
    /// Up to `most` messages (1 to 10), waiting up to `wait` (whole seconds, 0 to 20) for the first.
    /// `make_room` is told how many bytes a reply has before these are read, as far as that is known, and may wait.
    fn receive(&self, most: usize, wait: Duration, make_room: &dyn Fn(usize)) -> Result<Received, Failure>;

    /// Deletes messages whose fate is committed, and tells of each whether it is gone.
    fn delete(&self, settled: &[Settled]) -> Result<Vec<Deletion>, Failure>;

    /// Sends a message, unchanged but for the reason it was rejected, to the dead-letter queue.
    /// What that queue refuses stays here: it says nothing of the next message.
    fn dead_letter(&self, settled: &Settled) -> Result<DeadLetter, Failure>;

    /// Makes messages visible at once, as many as the queue lets us.
    fn give_back(&self, receipts: &[Receipt]) -> GivenBack;

    /// Hides messages of ours for `time` from now on. One that is not reached comes back earlier.
    fn keep_hidden(&self, receipts: &[Receipt], time: Duration) -> Result<(), Failure>;

    /// What the queue says of itself; `None` where we may not ask.
    fn attributes(&self) -> Result<Option<QueueAttributes>, Failure>;

    /// Ends receives that are still waiting; they answer with nothing. Later receives fail.
    fn interrupt(&self);

    /// The calls made until now.
    fn calls(&self) -> Calls;
}

/// SQS hands out at most ten messages a call.
pub const MOST_PER_RECEIVE: usize = 10;

/// What one receive brought.
#[derive(Default)]
pub struct Received {
    pub messages: Vec<Message>,
    /// Replies to this receive that came damaged or not at all: each may have hidden up to ten messages
    /// until their visibility timeout ends.
    pub lost: u32,
    /// Tries of this receive were refused because the queue is asked too often.
    pub throttled: bool,
}

/// What a give-back came to. A message that the queue did not give back stays hidden until its visibility
/// timeout ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GivenBack {
    /// Messages that the queue says are visible again.
    pub messages: usize,
    /// Why the queue was not asked for the rest, or refused it as a whole.
    pub failure: Option<Failure>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    Deleted,
    /// Still on the queue: it comes back, and the ledger will know it.
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadLetter {
    /// That queue has it: it may be deleted here.
    Sent,
    /// Why that queue does not take it, in words that hold nothing of the message.
    Refused(String),
}

/// Calls as they are billed, each try counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    pub receive: u64,
    pub delete: u64,
    pub other: u64,
    pub retries: u64,
}

/// What SQS gives a queue that nobody told otherwise; stands in where we may not ask.
pub const USUAL_VISIBILITY_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueAttributes {
    /// Approximate numbers of messages, as the queue counts them.
    pub depth: Depth,
    pub visibility_timeout: Duration,
    pub retention: Duration,
    pub redrive: Option<Redrive>,
    /// The key in AWS KMS that its messages are encrypted with, if it is not one of SQS's own.
    pub kms_key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    pub visible: u64,
    pub in_flight: u64,
    pub delayed: u64,
}

/// Where the queue itself puts messages that were received too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    pub target_arn: String,
    pub max_receive_count: u32,
}
