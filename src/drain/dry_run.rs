//! The dry run: receives, judges, counts, and gives everything back.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crossbeam_channel::RecvTimeoutError;
use uuid::Uuid;

use super::Ended;
use super::run_settings::{Limits, RunSettings};
use super::supervisor::LOOK_EVERY;
use crate::drain::intake::{Intake, Next, Stopped};
use crate::drain::signals::StopFlag;
use crate::failure::Failure;
use crate::message::{Message, Receipt};
use crate::queue::Queue;
use crate::report::{Books, Rehearsal, RejectTally};
use crate::stop::StopReason;
use crate::store::Ledger;
use crate::verdict::{Verdict, judge};

/// Messages are held until the end, so that none is met twice; a queue hides only so many at once.
pub const MOST_HELD: u64 = 100_000;

/// What a drain would do, as far as it can be told while the messages stay hidden.
/// They are given back before half of `visibility_timeout` is over.
pub fn rehearse(
    queue: &dyn Queue,
    ledger: &mut dyn Ledger,
    settings: &RunSettings,
    stop: &StopFlag,
    visibility_timeout: Duration,
) -> (Ended, Rehearsal) {
    let longest = settings.max_seconds.unwrap_or(Duration::MAX).min(visibility_timeout / 2);
    let mut rehearser =
        Rehearser { settings, ledger, held: Vec::new(), seen: HashSet::new(), outcome: Rehearsal::default() };
    let mut books = Books::default();
    let (done, is_done) = crossbeam_channel::bounded::<()>(0);
    let reason = std::thread::scope(|scope| {
        scope.spawn(|| end_polls(queue, stop, is_done));
        let reason = rehearser.receive_all(queue, stop, Instant::now() + longest, &mut books);
        drop(done);
        reason
    });
    for receipts in rehearser.held.chunks(100) {
        let _ = queue.give_back(receipts);
    }
    books.released = books.received;
    (Ended { books, reason }, rehearser.outcome)
}

/// A long poll must not hold up a run that was asked to end.
fn end_polls(queue: &dyn Queue, stop: &StopFlag, is_done: crossbeam_channel::Receiver<()>) {
    while is_done.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
        if stop.is_set() {
            queue.interrupt();
        }
    }
}

struct Rehearser<'a> {
    settings: &'a RunSettings,
    ledger: &'a mut dyn Ledger,
    held: Vec<Receipt>,
    seen: HashSet<Uuid>,
    outcome: Rehearsal,
}

impl Rehearser<'_> {
    fn receive_all(
        &mut self,
        queue: &dyn Queue,
        stop: &StopFlag,
        deadline: Instant,
        books: &mut Books,
    ) -> Result<StopReason, Failure> {
        let most = self.settings.limits.max_messages.unwrap_or(MOST_HELD);
        let mut intake =
            Intake::new(Limits { receivers: 1, max_messages: Some(most), ..self.settings.limits });
        while let Next::Receive(permit) = intake.next() {
            let wait = Duration::from_secs(u64::from(permit.wait_seconds));
            let messages = queue.receive(permit.most, wait)?.messages;
            books.received += messages.len() as u64;
            books.empty_receives += u64::from(messages.is_empty());
            let received = messages.len();
            let news = self.judge_all(messages)?;
            intake.ended(permit, received, news);
            if stop.is_set() {
                intake.stop(Stopped::InGoodOrder(StopReason::Signal));
            }
            if Instant::now() >= deadline {
                intake.stop(Stopped::InGoodOrder(StopReason::MaxSeconds));
            }
        }
        match intake.stopped() {
            Some(Stopped::InGoodOrder(reason)) => Ok(reason),
            _ => Ok(StopReason::Empty),
        }
    }

    /// The number of messages not met before.
    fn judge_all(&mut self, messages: Vec<Message>) -> Result<usize, Failure> {
        let ids: Vec<Uuid> = messages.iter().map(|message| message.id.key).collect();
        self.held.extend(messages.iter().map(|message| message.receipt.clone()));
        let known = self.ledger.known(&ids)?;
        let mut news = 0;
        for message in messages {
            if self.seen.insert(message.id.key) {
                news += 1;
                self.judge(&message, known.contains(&message.id.key));
            } else {
                self.outcome.would_skip += 1;
            }
        }
        Ok(news)
    }

    fn judge(&mut self, message: &Message, known: bool) {
        match judge(&message.body, &self.settings.masker) {
            Verdict::Login(_) if known => self.outcome.would_skip += 1,
            Verdict::Login(_) => self.outcome.would_insert += 1,
            Verdict::Reject(reject) => {
                let example = || RejectTally { count: 0, example: message.id.to_string() };
                let tally = self.outcome.would_reject.entry(reject.rejection.reason);
                tally.or_insert_with(example).count += 1;
            }
        }
    }
}
