//! A store in memory for tests of the drain, which can be told to fail.

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use uuid::Uuid;

use super::{Committed, Outcome, Store, outcome_of_reject};
use crate::batch::Batch;
use crate::failure::Failure;

#[derive(Default)]
pub struct MemoryStore {
    pub ledger: HashSet<Uuid>,
    pub rows: u64,
    pub commits: u64,
    /// The commit with this number (from 1) fails.
    pub fails_at: Option<u64>,
    /// Every commit lasts this long.
    pub takes: Duration,
}

impl Store for MemoryStore {
    fn commit(&mut self, batch: &Batch) -> Result<Committed, Failure> {
        self.commits += 1;
        thread::sleep(self.takes);
        if self.fails_at == Some(self.commits) {
            return Err(Failure::unreachable("the database is gone"));
        }
        let outcome = |delivery: &crate::batch::Delivery| {
            outcome_of_reject(&delivery.verdict).unwrap_or_else(|| {
                match self.ledger.insert(delivery.id.key) {
                    true => {
                        self.rows += 1;
                        Outcome::Inserted
                    }
                    false => Outcome::Duplicate,
                }
            })
        };
        Ok(Committed::new(batch.deliveries().iter().map(outcome).collect()))
    }
}
