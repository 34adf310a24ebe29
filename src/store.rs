//! The seam to the database and the proof that something was committed.

#[cfg(test)]
pub mod memory;

use std::collections::HashSet;

use uuid::Uuid;

use crate::batch::{Batch, Delivery, Original};
use crate::failure::Failure;
use crate::message::Receipt;
use crate::reject::{Reason, Rejection};
use crate::verdict::Verdict;

/// Stores batches, each in one transaction.
pub trait Store {
    /// Commits the rows and rejects of a batch, or nothing of it. Retries are the store's own matter.
    fn commit(&mut self, batch: &Batch) -> Result<Committed, Failure>;
}

/// Answers which of some messages were stored before, without writing anything.
pub trait Ledger {
    fn known(&mut self, ids: &[Uuid]) -> Result<HashSet<Uuid>, Failure>;
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
    Rejected(Rejection),
}

impl Committed {
    /// `outcomes` has one entry for each delivery of the batch.
    pub fn new(outcomes: Vec<Outcome>) -> Committed {
        Committed { outcomes }
    }

    pub fn settle(self, batch: Batch) -> Vec<Settled> {
        let settled = |(delivery, outcome)| Settled { delivery, outcome };
        batch.into_deliveries().into_iter().zip(self.outcomes).map(settled).collect()
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
        Verdict::Reject(reject) => Some(Outcome::Rejected(reject.rejection.clone())),
        Verdict::Login(_) => None,
    }
}

/// The rejection of a row that validation let through and the database did not.
pub fn refused_by_database(detail: String) -> Rejection {
    Rejection::new(Reason::RefusedByDatabase, detail)
}
