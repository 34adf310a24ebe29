//! The seam to the database and the proof that something was committed.

use std::collections::HashSet;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::batch::{Batch, Delivery, Original};
use crate::failure::Failure;
use crate::message::Receipt;
use crate::reject::Rejection;
use crate::verdict::Verdict;

/// Stores batches, each in one transaction.
pub trait Store {
    /// Commits the rows and rejects of a batch, or nothing of it that is known. After a temporary failure the same
    /// messages may be tried again: what an earlier try has stored after all is told as stored by this one.
    fn commit(&mut self, batch: &Batch) -> Result<Committed, Failure>;

    /// Whether the store answers, for whoever has nothing to commit.
    fn answers(&mut self) -> Result<(), Failure>;
}

/// Answers which of some messages were met before, without writing anything.
pub trait Ledger {
    /// Those that were stored.
    /// Of messages with the times that they were sent at.
    fn known(&mut self, messages: &[(Uuid, Option<OffsetDateTime>)]) -> Result<HashSet<Uuid>, Failure>;

    /// Those that are recorded as rejects.
    fn recorded(&mut self, ids: &[Uuid]) -> Result<HashSet<Uuid>, Failure>;

    fn answers(&mut self) -> Result<(), Failure>;
}

/// Proof that a batch's transaction is committed. Only a store makes one, and only a settled message,
/// which takes this proof to make, can be deleted: the wrong order does not compile.
pub struct Committed {
    outcomes: Vec<Outcome>,
}

/// What became of one delivery, in the order of the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Inserted,
    /// The ledger knew the message already, or it came twice in this batch.
    Duplicate,
    Rejected {
        rejection: Rejection,
        /// An earlier commit has recorded it.
        known: bool,
    },
    /// A login that is recorded as refused: nothing was done. It is to be tried in a batch of its own, last.
    Deferred,
}

/// What an earlier run on the same queue did, as far as later runs judge by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastRun {
    pub inserted: u64,
    /// Rogue messages that no run before it had recorded.
    pub rogue: u64,
    /// It ended with 1, as one does that accuses the producer.
    pub failed: bool,
}

/// One run as `login_drain_runs` keeps it. Counts are of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    pub queue: String,
    pub started_at: OffsetDateTime,
    pub ended_at: OffsetDateTime,
    pub exit_code: u8,
    pub stopped_because: &'static str,
    pub received: u64,
    pub inserted: u64,
    pub duplicates: u64,
    pub rejected: u64,
    /// Messages that were no login, and that no earlier run had recorded.
    pub rogue_new: u64,
    pub refused: u64,
    pub kept: u64,
    pub delete_failures: u64,
    pub oldest_message_seconds: Option<u64>,
    pub queue_visible: Option<u64>,
    pub host: String,
    pub version: &'static str,
}

impl Committed {
    /// `outcomes` has one entry for each delivery of the batch.
    pub fn new(outcomes: Vec<Outcome>) -> Committed {
        Committed { outcomes }
    }

    /// The messages whose fate is committed, and those that are to be tried again.
    pub fn settle(self, batch: Batch) -> (Vec<Settled>, Vec<Delivery>) {
        let (mut settled, mut deferred) = (Vec::with_capacity(batch.len()), Vec::new());
        for (delivery, outcome) in batch.into_deliveries().into_iter().zip(self.outcomes) {
            match outcome {
                Outcome::Deferred => deferred.push(delivery),
                outcome => settled.push(Settled { delivery, outcome }),
            }
        }
        (settled, deferred)
    }
}

/// A message whose fate is committed: it may be deleted.
pub struct Settled {
    delivery: Delivery,
    outcome: Outcome,
}

impl Settled {
    pub fn receipt(&self) -> &Receipt {
        &self.delivery.receipt
    }

    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Why the message is no row; `None` for one that is.
    pub fn rejection(&self) -> Option<&Rejection> {
        match &self.outcome {
            Outcome::Rejected { rejection, .. } => Some(rejection),
            Outcome::Inserted | Outcome::Duplicate | Outcome::Deferred => None,
        }
    }

    pub fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    pub fn id(&self) -> &crate::message::MessageId {
        &self.delivery.id
    }

    pub fn original(&self) -> Option<&Original> {
        self.delivery.original.as_deref()
    }
}

/// The outcome of a delivery whose row needs no word from the ledger.
pub fn outcome_of_reject(verdict: &Verdict) -> Option<Outcome> {
    match verdict {
        Verdict::Reject(reject) => {
            Some(Outcome::Rejected { rejection: reject.rejection.clone(), known: false })
        }
        Verdict::Login(_) => None,
    }
}
