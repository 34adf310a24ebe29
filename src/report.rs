//! The books of a run: counters that must balance, and the summary made of them.

pub mod json;
pub mod metrics;
pub mod progress;
pub mod text;

use std::collections::BTreeMap;
use std::time::Duration;

use time::OffsetDateTime;

use crate::queue::{Calls, Depth};
use crate::reject::Reason;
use crate::stop::StopReason;

/// What became of every delivery. A message that is delivered twice counts twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Books {
    pub received: u64,
    pub inserted: u64,
    pub duplicates: u64,
    pub rejected: u64,
    /// Rejects left on the queue for its own redrive policy; part of `rejected`.
    pub kept: u64,
    pub released: u64,
    pub deleted: u64,
    pub delete_failures: u64,
    pub batches: u64,
    pub empty_receives: u64,
    /// Receives whose reply was lost, if their messages may still be hidden at the end.
    pub lost_receives: u64,
    pub rejects: BTreeMap<Reason, RejectTally>,
    /// When the oldest of all messages received was sent; `None` where the queue does not tell.
    pub oldest_sent_at: Option<OffsetDateTime>,
}

/// How often one reason was met, and a message id to start looking with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectTally {
    pub count: u64,
    pub example: String,
}

impl Books {
    pub fn count_reject(&mut self, reason: Reason, message_id: impl FnOnce() -> String) {
        self.rejected += 1;
        let tally =
            self.rejects.entry(reason).or_insert_with(|| RejectTally { count: 0, example: message_id() });
        tally.count += 1;
    }

    pub fn note_sent_at(&mut self, sent_at: Option<OffsetDateTime>) {
        self.oldest_sent_at = self.oldest_sent_at.into_iter().chain(sent_at).min();
    }

    /// Every message received has one fate, and every stored one was deleted or is known not to be.
    pub fn check(&self) -> Result<(), String> {
        let fates = self.inserted + self.duplicates + self.rejected + self.released;
        let to_delete = self.inserted + self.duplicates + self.rejected - self.kept;
        let deletions = self.deleted + self.delete_failures;
        if self.received == fates && to_delete == deletions {
            return Ok(());
        }
        Err(format!(
            "the books do not balance: {} received, {fates} accounted for; {to_delete} to delete, \
             {deletions} tried. This is a fault of login-drain: please report it with this line",
            self.received
        ))
    }
}

/// A run as it is told at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    pub books: Books,
    pub calls: Calls,
    /// Batches that had to be sent to the database again.
    pub store_retries: u64,
    pub elapsed: Duration,
    pub stopped_because: StopReason,
    /// What the queue said of itself at the end; `None` where we may not ask.
    pub queue: Option<Depth>,
    /// What would have become of the messages, where nothing was done for good.
    pub rehearsal: Option<Rehearsal>,
}

/// The outcome that a run without `--dry-run` would have had.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rehearsal {
    pub would_insert: u64,
    pub would_skip: u64,
    pub would_reject: BTreeMap<Reason, RejectTally>,
}

/// How a run ended, in the order of what matters most to the one who started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    Clean,
    /// A reply was lost, and what it held may still be hidden: the queue only looks empty.
    Unsettled,
    /// Some messages were rejected or could not be deleted.
    Incomplete,
    /// A limit or a signal ended it early.
    Early,
}

impl Summary {
    pub fn ending(&self) -> Ending {
        match self.stopped_because {
            StopReason::Empty if self.books.lost_receives > 0 => Ending::Unsettled,
            StopReason::Empty if self.books.rejected == 0 && self.books.delete_failures == 0 => Ending::Clean,
            StopReason::Empty => Ending::Incomplete,
            _ => Ending::Early,
        }
    }

    /// Nothing that anyone need read.
    pub fn is_unremarkable(&self) -> bool {
        self.ending() == Ending::Clean && self.rehearsal.is_none()
    }

    pub fn messages_per_second(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.books.received as f64 / seconds } else { 0.0 }
    }

    pub fn retries(&self) -> u64 {
        self.calls.retries + self.store_retries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn books_balance_only_if_every_message_has_one_fate() {
        let balanced = Books {
            received: 10,
            inserted: 4,
            duplicates: 2,
            rejected: 3,
            kept: 1,
            released: 1,
            deleted: 7,
            delete_failures: 1,
            ..Books::default()
        };
        assert_eq!(balanced.check(), Ok(()));
        for change in [
            |books: &mut Books| books.received += 1,
            |books: &mut Books| books.inserted += 1,
            |books: &mut Books| books.deleted -= 1,
            |books: &mut Books| books.kept = 0,
        ] {
            let mut books = balanced.clone();
            change(&mut books);
            assert!(books.check().is_err(), "{books:?}");
        }
    }
}
