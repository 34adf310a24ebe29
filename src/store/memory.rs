//! A store in memory for tests of the drain, which can be told to fail.

use std::collections::{HashMap, HashSet};
use std::thread;
use std::time::Duration;

use time::OffsetDateTime;
use uuid::Uuid;

use super::{Committed, Ledger, Outcome, Store, outcome_of_reject};
use crate::batch::{Batch, Delivery};
use crate::failure::Failure;
use crate::reject::{Reason, Rejection};

#[derive(Default)]
pub struct MemoryStore {
    pub ledger: HashSet<Uuid>,
    /// Messages that are recorded as rejects.
    pub rejects: HashSet<Uuid>,
    /// Logins of these messages are refused, for as long as they are in here, each for the reason given.
    pub refuses: HashMap<Uuid, &'static str>,
    pub rows: u64,
    pub commits: u64,
    /// The commit with this number (from 1) fails.
    pub fails_at: Option<u64>,
    /// So many more questions go unanswered.
    pub is_out_for: u64,
    /// Every commit lasts this long.
    pub takes: Duration,
}

impl MemoryStore {
    /// A login of the batch, by the rules of the seam.
    fn store(&mut self, delivery: &Delivery, second_try: bool) -> Outcome {
        let id = delivery.id.key;
        if self.rejects.contains(&id) && !second_try {
            return Outcome::Deferred;
        }
        if let Some(detail) = self.refuses.get(&id) {
            let known = !self.rejects.insert(id);
            return Outcome::Rejected {
                rejection: Rejection::new(Reason::RefusedByDatabase, *detail),
                known,
            };
        }
        if !self.ledger.insert(id) {
            return Outcome::Duplicate;
        }
        self.rejects.remove(&id);
        self.rows += 1;
        Outcome::Inserted
    }
}

impl MemoryStore {
    fn is_asked(&mut self) -> Result<(), Failure> {
        match self.is_out_for {
            0 => Ok(()),
            left => {
                self.is_out_for = left - 1;
                Err(Failure::temporary("the database is out"))
            }
        }
    }
}

impl Ledger for MemoryStore {
    fn known(&mut self, messages: &[(Uuid, Option<OffsetDateTime>)]) -> Result<HashSet<Uuid>, Failure> {
        Ok(messages.iter().map(|message| message.0).filter(|id| self.ledger.contains(id)).collect())
    }

    fn answers(&mut self) -> Result<(), Failure> {
        self.is_asked()
    }

    fn recorded(&mut self, ids: &[Uuid]) -> Result<HashSet<Uuid>, Failure> {
        Ok(ids.iter().filter(|id| self.rejects.contains(id)).copied().collect())
    }
}

impl Store for MemoryStore {
    fn answers(&mut self) -> Result<(), Failure> {
        self.is_asked()
    }

    fn commit(&mut self, batch: &Batch) -> Result<Committed, Failure> {
        self.is_asked()?;
        self.commits += 1;
        thread::sleep(self.takes);
        if self.fails_at == Some(self.commits) {
            return Err(Failure::temporary("the database is gone"));
        }
        let outcomes = batch.deliveries().iter().map(|delivery| match outcome_of_reject(&delivery.verdict) {
            Some(Outcome::Rejected { rejection, .. }) => {
                Outcome::Rejected { rejection, known: !self.rejects.insert(delivery.id.key) }
            }
            _ => self.store(delivery, batch.is_second_try()),
        });
        Ok(Committed::new(outcomes.collect()))
    }
}
