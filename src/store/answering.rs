//! The store of a dry run: it answers what would become of a batch, and writes nothing.

use std::collections::HashSet;

use uuid::Uuid;

use super::{Committed, Ledger, Outcome, Store, outcome_of_reject};
use crate::batch::Batch;
use crate::failure::Failure;

pub struct AnsweringStore<'a> {
    ledger: &'a mut dyn Ledger,
    seen: HashSet<Uuid>,
}

impl<'a> AnsweringStore<'a> {
    pub fn new(ledger: &'a mut dyn Ledger) -> AnsweringStore<'a> {
        AnsweringStore { ledger, seen: HashSet::new() }
    }
}

impl Store for AnsweringStore<'_> {
    fn commit(&mut self, batch: &Batch) -> Result<Committed, Failure> {
        let ids: Vec<Uuid> = batch.deliveries().iter().map(|delivery| delivery.id.key).collect();
        let times = batch.deliveries().iter().map(|delivery| delivery.sent_at);
        let messages: Vec<_> = ids.iter().copied().zip(times).collect();
        let (stored, recorded) = (self.ledger.known(&messages)?, self.ledger.recorded(&ids)?);
        let answers = batch.deliveries().iter().map(|delivery| {
            let id = delivery.id.key;
            let first = self.seen.insert(id);
            match outcome_of_reject(&delivery.verdict) {
                Some(Outcome::Rejected { rejection, .. }) => {
                    Outcome::Rejected { rejection, known: recorded.contains(&id) || !first }
                }
                _ if first && !stored.contains(&id) => Outcome::Inserted,
                _ => Outcome::Duplicate,
            }
        });
        Ok(Committed::new(answers.collect()))
    }

    fn answers(&mut self) -> Result<(), Failure> {
        self.ledger.answers()
    }
}
