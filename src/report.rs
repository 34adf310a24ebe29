//! The books of a run: counters that must balance, and the summary made of them.

pub mod json;
pub mod live_line_text;
pub mod metrics;
mod remark;
mod stop_reason;
pub mod text;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use time::OffsetDateTime;

use crate::queue::{Calls, Depth};
use crate::reject::{Class, Reason};
pub use remark::Remark;
pub use stop_reason::StopReason;

/// What became of every delivery. A message that is delivered twice counts twice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Books {
    pub received: u64,
    pub inserted: u64,
    pub duplicates: u64,
    pub rejected: u64,
    /// Rejects that may be logins; part of `rejected`.
    pub refused: u64,
    /// Rogue messages that no run before has recorded; part of `rejected`.
    pub rogue_new: u64,
    /// Rejects left on the queue; part of `rejected`.
    pub kept: u64,
    pub released: u64,
    pub deleted: u64,
    pub delete_failures: u64,
    /// Messages that were to be given back and stay hidden until their visibility timeout ends.
    pub give_back_failures: u64,
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
    /// `known`: an earlier run has recorded it.
    pub fn count_reject(&mut self, reason: Reason, known: bool, message_id: impl FnOnce() -> String) {
        self.rejected += 1;
        match reason.class() {
            Class::Refused => self.refused += 1,
            Class::Rogue => self.rogue_new += u64::from(!known),
        }
        let tally =
            self.rejects.entry(reason).or_insert_with(|| RejectTally { count: 0, example: message_id() });
        tally.count += 1;
    }

    /// The books of a dry run, which did nothing: all that came was given back.
    pub fn of_nothing_done(&self) -> Books {
        Books {
            received: self.received,
            released: self.received,
            give_back_failures: self.give_back_failures,
            empty_receives: self.empty_receives,
            lost_receives: self.lost_receives,
            oldest_sent_at: self.oldest_sent_at,
            ..Books::default()
        }
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

/// What a run counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    pub books: Books,
    pub calls: Calls,
    /// Batches that had to be sent to the database again.
    pub store_retries: u64,
}

impl Tally {
    pub fn retries(&self) -> u64 {
        self.calls.retries + self.store_retries
    }
}

/// A run as it is told at its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    pub tally: Tally,
    pub elapsed: Duration,
    pub stopped_because: StopReason,
    /// Why the run failed, if it did.
    pub error: Option<String>,
    /// What the queue said of itself at the end; `None` where we may not ask.
    pub queue: Option<Depth>,
    pub left: Left,
    pub dry_run: bool,
    /// Where the logins are stored, with its schema; `None` where it did not come to that.
    pub table: Option<String>,
}

/// What will become of the messages that the run leaves on the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Left {
    /// Groups of a FIFO queue that hand out nothing until these messages are gone.
    pub blocked_groups: usize,
    /// When SQS will expire the oldest.
    pub expires_at: Option<OffsetDateTime>,
    /// After how many more receives the queue's redrive policy moves the first.
    pub receives_left: Option<u32>,
}

impl Summary {
    /// A run that failed before it received anything.
    pub fn of_failure(error: &impl fmt::Display, elapsed: Duration) -> Summary {
        Summary { error: Some(format!("{error:#}")), ..Summary::of_nothing(StopReason::Failed, elapsed) }
    }

    /// A run that left the queue to another.
    pub fn of_another_run(elapsed: Duration) -> Summary {
        Summary::of_nothing(StopReason::AnotherRun, elapsed)
    }

    fn of_nothing(stopped_because: StopReason, elapsed: Duration) -> Summary {
        Summary {
            tally: Tally::default(),
            elapsed,
            stopped_because,
            error: None,
            queue: None,
            left: Left::default(),
            dry_run: false,
            table: None,
        }
    }

    /// What was really done.
    pub fn deeds(&self) -> Books {
        match self.dry_run {
            true => self.tally.books.of_nothing_done(),
            false => self.tally.books.clone(),
        }
    }

    /// Nothing that anyone need read.
    pub fn is_unremarkable(&self) -> bool {
        let Books { rejected, delete_failures, give_back_failures, lost_receives, .. } = self.tally.books;
        let troubles = rejected + delete_failures + give_back_failures + lost_receives;
        let expected = matches!(self.stopped_because, StopReason::Empty | StopReason::AnotherRun);
        expected && troubles == 0 && !self.dry_run
    }

    pub fn messages_per_second(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { self.tally.books.received as f64 / seconds } else { 0.0 }
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
