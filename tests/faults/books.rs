//! Invariant I: messages sent = rows + rejects + still on the queue, and no row twice.

use std::collections::{BTreeMap, BTreeSet};

use kit::Database;

/// One message as it was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    pub message_id: String,
    /// Its `user_id`, different for each message; `None` where it has none that could be stored.
    pub payload: Option<String>,
}

/// Where every message is, at one moment in which no run is going on.
pub struct Books {
    sent: Vec<Sent>,
    rows: BTreeMap<String, i64>,
    ledger: BTreeSet<String>,
    rejects: BTreeSet<String>,
    pub queued: BTreeSet<String>,
}

impl Books {
    pub fn open(sent: Vec<Sent>, database: &Database, queued: BTreeSet<String>) -> Books {
        Books {
            sent,
            rows: database.rows_by_user(),
            ledger: message_ids(database, "login_drain_ledger"),
            rejects: message_ids(database, "login_drain_rejects"),
            queued,
        }
    }

    /// Messages that are neither stored, nor rejected, nor on the queue.
    pub fn lost(&self) -> Vec<&Sent> {
        self.sent.iter().filter(|sent| !self.is_stored(sent) && !self.is_queued(sent)).collect()
    }

    /// Rows beyond one for each message, and messages that are both a row and a reject.
    pub fn doubled(&self) -> Vec<String> {
        let twice = self.rows.iter().filter(|(_, count)| **count > 1).map(|(payload, _)| payload.clone());
        twice.chain(self.ledger.intersection(&self.rejects).cloned()).collect()
    }

    /// Fails unless nothing is lost, nothing is doubled, and rows, ledger and messages agree.
    pub fn check(&self) {
        assert!(self.lost().is_empty(), "lost: {:?}", self.lost());
        assert!(self.doubled().is_empty(), "doubled: {:?}", self.doubled());
        let of_ledger: BTreeSet<&String> = self
            .sent
            .iter()
            .filter(|sent| self.ledger.contains(&sent.message_id))
            .filter_map(|sent| sent.payload.as_ref())
            .collect();
        let of_rows: BTreeSet<&String> = self.rows.keys().collect();
        assert_eq!(of_rows, of_ledger, "rows and ledger disagree");
        assert_eq!(self.rows.len(), self.ledger.len(), "the ledger knows messages that nobody sent");
    }

    /// Fails unless everything sent is a row or a reject, and the queue is empty.
    pub fn check_drained(&self) {
        self.check();
        assert!(self.queued.is_empty(), "still on the queue: {:?}", self.queued);
        assert_eq!(self.sent.len(), self.rows.len() + self.rejects.len(), "sent != rows + rejects");
    }

    /// A login that is recorded as refused is stored no more than one that nobody has seen.
    fn is_stored(&self, sent: &Sent) -> bool {
        match &sent.payload {
            Some(payload) => self.ledger.contains(&sent.message_id) && self.rows.contains_key(payload),
            None => self.rejects.contains(&sent.message_id),
        }
    }

    fn is_queued(&self, sent: &Sent) -> bool {
        self.queued.contains(&sent.message_id)
    }
}

fn message_ids(database: &Database, table: &str) -> BTreeSet<String> {
    database.rows(&format!("SELECT message_id FROM {table}")).into_iter().collect()
}
