//! What the threads of a run share: the intake, the books, the first failure, what is being committed.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::lost_replies::Hidden;
use super::run_settings::Limits;
use crate::drain::intake::{Intake, Next, Permit, Stopped};
use crate::failure::Failure;
use crate::message::Receipt;
use crate::report::Books;
use crate::stop::StopReason;

pub struct Shared {
    intake: Mutex<Intake>,
    intake_changed: Condvar,
    books: Mutex<Books>,
    failure: Mutex<Option<Failure>>,
    committing: Mutex<Option<Committing>>,
    kept: Mutex<HashSet<Uuid>>,
    hidden: Mutex<Hidden>,
    writer_ended: (Mutex<bool>, Condvar),
    /// When `--max-seconds` are over.
    deadline: Option<Instant>,
}

/// A batch in the hands of the store, whose messages must stay hidden meanwhile.
#[derive(Clone)]
pub struct Committing {
    pub receipts: Vec<Receipt>,
    /// When the messages were last known to be hidden for a whole visibility timeout.
    pub hidden_since: Instant,
}

/// A panic in a thread ends the program, so a poisoned lock is never met while it matters.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub fn new(limits: Limits, deadline: Option<Instant>) -> Shared {
        Shared {
            intake: Mutex::new(Intake::new(limits)),
            intake_changed: Condvar::new(),
            books: Mutex::default(),
            failure: Mutex::default(),
            committing: Mutex::default(),
            kept: Mutex::default(),
            hidden: Mutex::new(Hidden::new(Instant::now())),
            writer_ended: (Mutex::new(false), Condvar::new()),
            deadline,
        }
    }

    /// Waits for leave to receive; `None` when receiving has ended.
    pub fn next_permit(&self) -> Option<Permit> {
        let mut intake = lock(&self.intake);
        loop {
            self.stop_if_late(&mut intake);
            match intake.next() {
                Next::Receive(permit) => return Some(permit),
                Next::Stop => {
                    self.intake_changed.notify_all();
                    return None;
                }
                Next::Wait => {
                    intake = self.intake_changed.wait(intake).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    pub fn receive_ended(&self, permit: Permit, received: usize, news: usize) {
        let now = Instant::now();
        if news > 0 {
            lock(&self.hidden).messages_came(now);
        }
        let held_open = lock(&self.hidden).holds_open(now);
        let mut intake = lock(&self.intake);
        // First, because a wait that the time limit cut short is no proof of an empty queue.
        self.stop_if_late(&mut intake);
        intake.hold_open(held_open);
        intake.ended(permit, received, news);
        drop(intake);
        self.count(|books| {
            books.received += received as u64;
            books.empty_receives += u64::from(received == 0);
        });
        self.intake_changed.notify_all();
    }

    /// `lost` replies of one receive may have hidden messages.
    pub fn note_losses(&self, lost: u32, visibility_timeout: impl FnOnce() -> Duration) {
        if lost > 0 {
            let timeout = visibility_timeout();
            lock(&self.hidden).note(lost, timeout, Instant::now());
        }
    }

    /// Until `--max-seconds` are over; `None` where there is no such limit.
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    fn stop_if_late(&self, intake: &mut Intake) {
        if self.time_left().is_some_and(|left| left.is_zero()) {
            intake.stop(Stopped::InGoodOrder(StopReason::MaxSeconds));
        }
    }

    pub fn stop(&self, stopped: Stopped) {
        lock(&self.intake).stop(stopped);
        self.intake_changed.notify_all();
    }

    pub fn stopped(&self) -> Option<Stopped> {
        lock(&self.intake).stopped()
    }

    /// Ends receiving; the first failure is the one that is told.
    pub fn fail(&self, failure: Failure) {
        lock(&self.failure).get_or_insert(failure);
        self.stop(Stopped::ByFailure);
    }

    pub fn has_failed(&self) -> bool {
        lock(&self.failure).is_some()
    }

    pub fn let_go(&self, messages: usize) {
        lock(&self.intake).let_go(messages);
    }

    pub fn count(&self, change: impl FnOnce(&mut Books)) {
        change(&mut lock(&self.books));
    }

    /// The books as they stand.
    pub fn books(&self) -> Books {
        lock(&self.books).clone()
    }

    pub fn set_committing(&self, committing: Option<Committing>) {
        *lock(&self.committing) = committing;
    }

    pub fn committing(&self) -> Option<Committing> {
        lock(&self.committing).clone()
    }

    /// The messages being committed have just been hidden anew.
    pub fn hidden_again(&self, at: Instant) {
        if let Some(committing) = lock(&self.committing).as_mut() {
            committing.hidden_since = at;
        }
    }

    /// Remembers a reject that this run leaves on the queue; false when it was there already.
    /// Beyond the bound a run may last longer, nothing more.
    pub fn keep(&self, id: Uuid) -> bool {
        const MOST_KEPT: usize = 200_000;
        let mut kept = lock(&self.kept);
        kept.len() >= MOST_KEPT || kept.insert(id)
    }

    pub fn writer_ended(&self) {
        *lock(&self.writer_ended.0) = true;
        self.writer_ended.1.notify_all();
    }

    /// Waits a little; true when the writer has ended.
    pub fn wait_for_writer(&self, time: Duration) -> bool {
        let ended = lock(&self.writer_ended.0);
        let waited = self.writer_ended.1.wait_timeout_while(ended, time, |ended| !*ended);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }

    pub fn into_parts(self) -> (Books, Option<Failure>, Option<Stopped>) {
        let stopped = self.stopped();
        let mut books = self.books.into_inner().unwrap_or_else(PoisonError::into_inner);
        books.lost_receives = lock(&self.hidden).unsettled(Instant::now());
        let failure = self.failure.into_inner().unwrap_or_else(PoisonError::into_inner);
        (books, failure, stopped)
    }
}
