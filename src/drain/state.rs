//! The one state of a run, behind one lock, and every transition that its threads make in it.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::left_on_queue::LeftOnQueue;
use super::lost_replies::LostReplies;
use super::memory_budget::MemoryBudget;
use super::receiver_count::{Brought, Next, Permit, Receives};
use super::run_settings::RunSettings;
use crate::batch::Delivery;
use crate::failure::{Failure, FailureKind, StoppedBy};
use crate::message::Receipt;
use crate::report::Books;
use crate::report::StopReason;
use crate::store::Settled;

pub struct RunState {
    state: Mutex<State>,
    /// One more receive may be made, or receiving has ended.
    receives_changed: Condvar,
    /// Less is charged for what is held in memory.
    room_changed: Condvar,
    writer_ended: Condvar,
    /// When `--max-seconds` are over.
    deadline: Option<Instant>,
    visibility_timeout: Duration,
}

struct State {
    receives: Receives,
    memory: MemoryBudget,
    /// Receivers that were started.
    receivers: usize,
    most_receivers: usize,
    /// Those of them that wait for leave to receive.
    waiting_receivers: usize,
    /// Threads that have begun something and wait for room in memory to go on.
    waiting_for_room: usize,
    books: Books,
    /// The first one is the one that is told.
    failure: Option<Failure>,
    committing: Option<Committing>,
    left: LeftOnQueue,
    lost: LostReplies,
    dead_letter_refusal: Option<String>,
    writer_has_ended: bool,
    /// Why the waiting for a service ended, so that not all was done, even if the queue is empty.
    left_undone: Option<StopReason>,
    /// The store does not answer: nothing is received that could not be stored.
    store_is_out: bool,
}

/// A batch in the hands of the store, whose messages must stay hidden meanwhile.
#[derive(Clone)]
pub struct Committing {
    pub receipts: Vec<Receipt>,
    /// When the messages were last known to be hidden for a whole visibility timeout.
    pub hidden_since: Instant,
}

/// What is charged for a reply while it is read.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    charged: usize,
    bytes: usize,
}

impl Reading {
    pub fn at_least(self, bytes: usize) -> Reading {
        Reading { bytes: self.bytes.max(bytes), ..self }
    }
}

/// How a run ended.
pub struct Ended {
    pub books: Books,
    pub reason: Result<StopReason, Failure>,
    pub left: LeftOnQueue,
    /// Why the dead-letter queue did not take a message, which stays.
    pub dead_letter_refusal: Option<String>,
}

impl Ended {
    pub fn stopped_because(&self) -> StopReason {
        self.reason.as_ref().map_or(StopReason::Failed, |reason| *reason)
    }
}

impl State {
    fn waits_for_room_to_receive(&self) -> bool {
        self.receives.has_leave() && !self.memory.has_room()
    }

    fn may_receive(&self) -> bool {
        self.receives.has_leave() && self.memory.has_room() && !self.store_is_out
    }

    /// Whether one more receiver would find work, beside those that do not wait: these come for it by themselves, and
    /// would wait in its place.
    fn has_work_for_another(&self) -> bool {
        self.may_receive() && self.receives.allows(self.receivers - self.waiting_receivers + 1)
    }

    fn next(&mut self) -> Next {
        match self.store_is_out && self.receives.stopped().is_none() {
            true => Next::Wait,
            false => self.receives.next(),
        }
    }
}

impl RunState {
    pub fn new(settings: &RunSettings) -> RunState {
        let now = Instant::now();
        RunState {
            state: Mutex::new(State {
                receives: Receives::new(settings.limits),
                memory: MemoryBudget::new(settings.memory),
                receivers: 1,
                most_receivers: settings.limits.receivers,
                waiting_receivers: 0,
                waiting_for_room: 0,
                books: Books::default(),
                failure: None,
                committing: None,
                left: LeftOnQueue::new(settings.limits.fifo),
                lost: LostReplies::new(settings.visibility_timeout, now),
                dead_letter_refusal: None,
                writer_has_ended: false,
                left_undone: None,
                store_is_out: false,
            }),
            receives_changed: Condvar::new(),
            room_changed: Condvar::new(),
            writer_ended: Condvar::new(),
            deadline: settings.max_seconds.and_then(|limit| now.checked_add(limit)),
            visibility_timeout: settings.visibility_timeout,
        }
    }

    /// A panic in a thread ends the program, so a poisoned lock is never met while it matters.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for leave to receive; `None` when receiving has ended. Where one more receiver would find work,
    /// one is woken or started: so they are woken one by one, and none that would only wait again.
    pub fn leave_to_receive(&self, start_another: &dyn Fn() -> bool) -> Option<(Permit, Reading)> {
        let mut state = self.lock();
        let leave = loop {
            self.stop_if_late(&mut state);
            if !state.waits_for_room_to_receive() {
                match state.next() {
                    Next::Receive(permit) => {
                        break (permit, Reading { charged: state.memory.reserve(), bytes: 0 });
                    }
                    Next::Stop => {
                        self.receives_changed.notify_all();
                        return None;
                    }
                    Next::Wait => {}
                }
            }
            state.waiting_receivers += 1;
            state = self.receives_changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting_receivers -= 1;
        };
        let another = state.waiting_receivers == 0 && state.has_work_for_another();
        if another && state.receivers < state.most_receivers {
            state.receivers += 1;
            drop(state);
            if !start_another() {
                self.lock().receivers -= 1;
            }
        } else {
            self.wake(&state);
        }
        Some(leave)
    }

    /// See [`Receives::worth_it`].
    pub fn acknowledgers_worth_it(&self) -> usize {
        self.lock().receives.worth_it()
    }

    /// Wakes those who can go on now.
    fn wake(&self, state: &State) {
        if state.receives.stopped().is_some() {
            self.receives_changed.notify_all();
        } else if state.waiting_receivers > 0 && state.has_work_for_another() {
            self.receives_changed.notify_one();
        }
        if state.waiting_for_room > 0 {
            self.room_changed.notify_all();
        }
    }

    /// Waits until a reply of so many bytes, which is beginning to come, may be read.
    pub fn room_to_read(&self, reading: Reading, bytes: usize) -> Reading {
        let whole = MemoryBudget::for_reply(bytes);
        let charged = whole.max(reading.charged);
        if charged > reading.charged {
            self.wait_for_room(|memory| memory.may_grow(reading.charged))
                .memory
                .charge(charged - reading.charged);
        }
        Reading { charged, bytes: bytes.max(reading.bytes) }
    }

    /// Sends a message on with so many bytes more in memory, once these may be used.
    pub fn with_room_to_send<T>(&self, bytes: usize, send: impl FnOnce() -> T) -> T {
        self.wait_for_room(MemoryBudget::may_send).memory.begin_sending(bytes);
        let sent = send();
        let mut state = self.lock();
        state.memory.end_sending(bytes);
        self.wake(&state);
        sent
    }

    fn wait_for_room(&self, is_there: impl Fn(&MemoryBudget) -> bool) -> MutexGuard<'_, State> {
        let mut state = self.lock();
        while !is_there(&state.memory) {
            state.waiting_for_room += 1;
            state = self.room_changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting_for_room -= 1;
        }
        state
    }

    /// So many bytes are in memory no longer.
    pub fn release(&self, bytes: usize) {
        let mut state = self.lock();
        state.memory.release(bytes);
        self.wake(&state);
    }

    /// Whether something waits for what the writer holds.
    pub fn room_is_wanted(&self) -> bool {
        let state = self.lock();
        state.waiting_for_room > 0 || (state.waiting_receivers > 0 && state.waits_for_room_to_receive())
    }

    /// A receive brought these, with `lost` replies on the way. Those that this run has left on the queue are
    /// no news and not counted again; the others are returned.
    pub fn received(
        &self,
        permit: Permit,
        reading: Reading,
        reply: Vec<Delivery>,
        lost: u32,
        throttled: bool,
        stays: impl Fn(&Delivery) -> bool,
    ) -> Vec<Delivery> {
        let now = Instant::now();
        let mut guard = self.lock();
        let state = &mut *guard;
        state.books.empty_receives += u64::from(reply.is_empty());
        let news: Vec<Delivery> =
            reply.into_iter().filter(|delivery| !state.left.came_again(delivery, stays(delivery))).collect();
        if !news.is_empty() {
            state.lost.messages_came(now);
        }
        state.lost.note(lost, now);
        state.books.received += news.len() as u64;
        state.books.note_sent_at(news.iter().filter_map(|delivery| delivery.sent_at).min());
        state.memory.note_reply(reading.bytes);
        state.memory.release(reading.charged);
        state.memory.charge(news.iter().map(Delivery::bytes).sum());
        // First, because a wait that the time limit cut short is no proof of an empty queue.
        self.stop_if_late(state);
        state.receives.hold_open(state.lost.hold_open(now));
        state.receives.ended(permit, Brought { news: news.len(), throttled }, now);
        self.wake(state);
        news
    }

    /// A receive has failed for good, and the run with it.
    pub fn receive_failed(&self, permit: Permit, reading: Reading, failure: Failure) {
        self.fail(failure);
        let mut state = self.lock();
        state.memory.release(reading.charged);
        state.receives.ended(permit, Brought::default(), Instant::now());
        self.wake(&state);
    }

    /// Until `--max-seconds` are over; `None` where there is no such limit.
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    fn stop_if_late(&self, state: &mut State) {
        if self.time_left().is_some_and(|left| left.is_zero()) {
            state.receives.stop(StopReason::MaxSeconds);
        }
    }

    pub fn stop(&self, reason: StopReason) {
        self.lock().receives.stop(reason);
        self.receives_changed.notify_all();
    }

    /// Ends receiving; the first failure is the one that is told.
    pub fn fail(&self, failure: Failure) {
        match failure.kind {
            FailureKind::Stopped(by) => {
                let reason = match by {
                    StoppedBy::Signal => StopReason::Signal,
                    StoppedBy::MaxSeconds => StopReason::MaxSeconds,
                };
                self.lock().left_undone.get_or_insert(reason);
                self.stop(reason);
            }
            FailureKind::Lasting | FailureKind::Temporary => {
                self.lock().failure.get_or_insert(failure);
                self.stop(StopReason::Failed);
            }
        }
    }

    pub fn has_ended_receiving(&self) -> bool {
        self.lock().receives.stopped().is_some()
    }

    /// No receive begins while the store does not answer.
    pub fn store_is_out(&self, out: bool) {
        self.lock().store_is_out = out;
        self.receives_changed.notify_all();
    }

    pub fn has_failed(&self) -> bool {
        self.lock().failure.is_some()
    }

    /// The books as they stand.
    pub fn books(&self) -> Books {
        self.lock().books.clone()
    }

    pub fn commit_begins(&self, committing: Committing) {
        self.lock().committing = Some(committing);
    }

    pub fn commit_ended(&self) {
        self.lock().committing = None;
    }

    /// Takes the batch that is being committed, whose messages are to be given back.
    pub fn abandon(&self) -> Option<Committing> {
        self.lock().committing.take()
    }

    pub fn committing(&self) -> Option<Committing> {
        self.lock().committing.clone()
    }

    /// The messages being committed have just been hidden anew.
    pub fn kept_hidden(&self, at: Instant) {
        if let Some(committing) = self.lock().committing.as_mut() {
            committing.hidden_since = at;
        }
    }

    /// A batch is committed: counts it, and notes the messages that stay on the queue.
    pub fn committed(&self, count: impl FnOnce(&mut Books, &mut LeftOnQueue)) {
        let mut guard = self.lock();
        let state = &mut *guard;
        let before = state.books.kept;
        state.books.batches += 1;
        count(&mut state.books, &mut state.left);
        state.receives.no_longer_held((state.books.kept - before) as usize);
    }

    /// Messages whose fate is committed were asked to be deleted.
    /// `left` are those that the dead-letter queue refused.
    pub fn acknowledged(&self, deleted: usize, failed: usize, left: &[Settled]) {
        let mut state = self.lock();
        state.books.deleted += deleted as u64;
        state.books.delete_failures += failed as u64;
        state.books.kept += left.len() as u64;
        left.iter().for_each(|message| state.left.add(message.delivery()));
        state.receives.no_longer_held(deleted + failed + left.len());
    }

    /// Why the dead-letter queue did not take a message; the first time is the one that is told.
    pub fn dead_letter_refused(&self, why: String) {
        self.lock().dead_letter_refusal.get_or_insert(why);
    }

    /// Messages that nothing became of were given back, as far as the queue let us.
    pub fn given_back(&self, messages: usize, failures: usize) {
        let mut state = self.lock();
        state.books.released += messages as u64;
        state.books.give_back_failures += failures as u64;
        state.receives.no_longer_held(messages);
    }

    /// Messages that stay were to be given back, to free their groups.
    pub fn not_given_back(&self, failures: usize) {
        self.lock().books.give_back_failures += failures as u64;
    }

    pub fn left_in_blocked_groups(&self) -> Vec<Receipt> {
        self.lock().left.in_blocked_groups()
    }

    pub fn visibility_timeout(&self) -> Duration {
        self.visibility_timeout
    }

    pub fn writer_ends(&self) {
        self.lock().writer_has_ended = true;
        self.writer_ended.notify_all();
    }

    /// Waits a little; true when the writer has ended.
    pub fn wait_for_writer(&self, time: Duration) -> bool {
        let waited = self.writer_ended.wait_timeout_while(self.lock(), time, |state| !state.writer_has_ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.writer_has_ended
    }

    pub fn into_ended(self) -> Ended {
        let mut state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        state.books.lost_receives = state.lost.unsettled(Instant::now());
        let reason = match (state.failure, state.left_undone.or(state.receives.stopped())) {
            (Some(failure), _) => Err(failure),
            (None, Some(reason)) => Ok(reason),
            (None, None) => Err(Failure::lasting("the run ended without a reason: please report this")),
        };
        Ended { books: state.books, reason, left: state.left, dead_letter_refusal: state.dead_letter_refusal }
    }
}
