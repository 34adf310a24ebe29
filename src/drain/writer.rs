//! The one writer: gathers deliveries into batches, commits each, and only then passes them on for deletion.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::receiver::Reply;
use super::reject_guard::RejectGuard;
use super::run_settings::RunSettings;
use super::state::{Committing, RunState};
use super::table_fault::TableFault;
use crate::batch::{Batch, Delivery};
use crate::failure::Failure;
use crate::message::Receipt;
use crate::queue::{MOST_PER_RECEIVE, Queue};
use crate::reject::{Class, Reason};
use crate::report::StopReason;
use crate::store::{Committed, Outcome, Settled, Store};
use crate::waiting::{Pauses, StopFlag, Until};

/// A batch that is not full is committed when nothing came for this long …
const IDLE: Duration = Duration::from_millis(50);
/// … or when its first message is this old: far less than any sensible visibility timeout.
const OLDEST: Duration = Duration::from_secs(1);
/// Logins that were refused before wait for the others, but no longer than this.
const OLDEST_SECOND_TRY: Duration = Duration::from_secs(5);

pub fn run(
    queue: &dyn Queue,
    store: &mut dyn Store,
    settings: &RunSettings,
    state: &RunState,
    stop: &StopFlag,
    from_receivers: Receiver<Reply>,
    to_acknowledgers: Sender<Vec<Settled>>,
) {
    let now = Instant::now();
    let mut writer = Writer {
        queue,
        from_receivers,
        store,
        settings,
        state,
        to_acknowledgers,
        batch: Batch::default(),
        since: now,
        second_tries: Vec::new(),
        second_tries_since: now,
        guard: RejectGuard::new(settings.max_reject_percent, settings.earlier_runs.clone()),
        table: TableFault::default(),
        unused: Vec::new(),
        gave_up: false,
    };
    loop {
        let received = writer.from_receivers.recv_timeout(IDLE);
        if stop.is_set() {
            state.stop(StopReason::Signal);
        }
        let ending = stop.is_set() || state.has_failed();
        match received {
            Ok(reply) if ending => {
                // What was already gathered is finished; what still comes is given back.
                writer.flush();
                writer.give_back_later(reply.deliveries);
            }
            Ok(reply) => {
                writer.gather(reply);
                writer.make_room();
            }
            Err(RecvTimeoutError::Timeout) => {
                writer.flush();
                writer.make_room();
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    writer.finish();
}

struct Writer<'a> {
    queue: &'a dyn Queue,
    from_receivers: Receiver<Reply>,
    store: &'a mut dyn Store,
    settings: &'a RunSettings,
    state: &'a RunState,
    to_acknowledgers: Sender<Vec<Settled>>,
    batch: Batch,
    /// When the first message of the batch was received.
    since: Instant,
    second_tries: Vec<Delivery>,
    second_tries_since: Instant,
    guard: RejectGuard,
    table: TableFault,
    /// Of messages that nothing became of. Given back only when no receive can bring them again to this run.
    unused: Vec<Receipt>,
    /// The store was waited for in vain, or will never take a batch.
    gave_up: bool,
}

impl Writer<'_> {
    fn gather(&mut self, reply: Reply) {
        for delivery in reply.deliveries {
            if self.batch.is_empty() {
                self.since = reply.received_at;
            }
            self.batch.push(delivery);
            if self.batch.is_full(self.settings.batch_size) {
                self.flush();
            }
        }
        if self.since.elapsed() >= OLDEST {
            self.flush();
        }
        let patience = OLDEST_SECOND_TRY.min(self.state.visibility_timeout() / 2);
        let due = self.second_tries_since.elapsed() >= patience;
        if self.second_tries.len() >= self.settings.batch_size || (due && !self.second_tries.is_empty()) {
            self.try_again();
        }
    }

    fn flush(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        if !batch.is_empty() {
            self.commit(batch, self.since);
        }
    }

    /// Logins that an earlier run recorded as refused, apart from the others.
    fn try_again(&mut self) {
        let mut waiting = std::mem::take(&mut self.second_tries);
        while !waiting.is_empty() && !self.gave_up {
            let rest = waiting.split_off(waiting.len().min(self.settings.batch_size));
            self.commit(Batch::of_second_tries(waiting), self.second_tries_since);
            waiting = rest;
        }
        self.give_back_later(waiting);
    }

    /// Somebody waits for room in memory, and all that is held here is in the way; what has come goes along.
    fn make_room(&mut self) {
        if self.from_receivers.is_empty() && self.state.room_is_wanted() {
            self.flush();
            self.try_again();
        }
    }

    fn give_back_later(&mut self, deliveries: Vec<Delivery>) {
        self.state.release(deliveries.iter().map(Delivery::bytes).sum());
        self.unused.extend(deliveries.into_iter().map(|delivery| delivery.receipt));
    }

    /// `hidden_since`: when the first of its messages was received.
    fn commit(&mut self, batch: Batch, mut hidden_since: Instant) {
        if self.gave_up {
            return self.give_back_later(batch.into_deliveries());
        }
        let mut pauses = Pauses::default();
        loop {
            let began = Instant::now();
            self.state.commit_begins(Committing { receipts: batch.receipts(), hidden_since });
            let committed = self.store.commit(&batch);
            self.state.commit_ended();
            let failure = match committed {
                Ok(committed) => return self.settle(committed, batch, hidden_since),
                Err(failure) => failure,
            };
            if let Err(failure) = self.wait_for_store(failure, &mut pauses, began) {
                self.give_back_later(batch.into_deliveries());
                return self.give_up(failure);
            }
            let timeout = self.state.visibility_timeout();
            if hidden_since.elapsed() >= timeout / 2 {
                if !self.state.has_ended_receiving() {
                    return self.give_up_for_now(batch, pauses);
                }
                // What is given back now, this run would not receive again.
                let now = Instant::now();
                if self.queue.keep_hidden(&batch.receipts(), timeout).is_ok() {
                    hidden_since = now;
                }
            }
        }
    }

    fn settle(&mut self, committed: Committed, batch: Batch, hidden_since: Instant) {
        self.settings.store_patience.succeeded();
        self.state.store_is_out(false);
        let (settled, deferred) = committed.settle(batch);
        if self.second_tries.is_empty() {
            self.second_tries_since = hidden_since;
        }
        self.second_tries.extend(deferred);
        self.pass_on(settled);
    }

    /// Pauses before the next try; the failure that ends the run where there is none. Receives stop meanwhile.
    fn wait_for_store(
        &mut self,
        failure: Failure,
        pauses: &mut Pauses,
        began: Instant,
    ) -> Result<(), Failure> {
        if !failure.is_temporary() {
            return Err(failure);
        }
        self.state.store_is_out(true);
        let why = || failure.text.clone();
        let waited = self.settings.store_patience.pause(pauses, began, Until::ASignal, why);
        waited.map_err(|gave_up| gave_up.because_of(failure))
    }

    /// Nothing more is stored in this run.
    fn give_up(&mut self, failure: Failure) {
        self.gave_up = true;
        self.state.fail(failure);
    }

    /// The store is out for so long that the messages would soon come again by themselves: others may have them now.
    /// Nothing is received until the store answers.
    fn give_up_for_now(&mut self, batch: Batch, mut pauses: Pauses) {
        self.give_back_later(batch.into_deliveries());
        let second_tries = std::mem::take(&mut self.second_tries);
        self.give_back_later(second_tries);
        loop {
            let waiting = self.from_receivers.try_iter().flat_map(|reply| reply.deliveries).collect();
            self.give_back_later(waiting);
            self.give_back_unused();
            let began = Instant::now();
            let Err(failure) = self.store.answers() else { break };
            if let Err(failure) = self.wait_for_store(failure, &mut pauses, began) {
                return self.give_up(failure);
            }
        }
        // It has not stored anything yet: the patience with it goes on.
        self.state.store_is_out(false);
    }

    fn pass_on(&mut self, settled: Vec<Settled>) {
        let mut met = HashSet::new();
        let news: Vec<bool> = settled.iter().map(|message| met.insert(message.id().key)).collect();
        settled.iter().zip(&news).filter(|(_, new)| **new).for_each(|(message, _)| self.judge(message));
        let holds_back = self.guard.holds_back();
        let mut to_delete = Vec::with_capacity(settled.len());
        let mut bytes_left = 0;
        self.state.committed(|books, left| {
            for (message, new) in settled.into_iter().zip(news) {
                match message.outcome() {
                    Outcome::Inserted => books.inserted += 1,
                    Outcome::Duplicate | Outcome::Deferred => books.duplicates += 1,
                    Outcome::Rejected { rejection, known } => {
                        books.count_reject(rejection.reason, *known || !new, || message.id().to_string());
                        let class = rejection.reason.class();
                        let held_back = holds_back && class == Class::Rogue;
                        if held_back || self.settings.leaves(class) {
                            books.kept += 1;
                            left.add(message.delivery());
                            bytes_left += message.delivery().bytes();
                            continue;
                        }
                    }
                }
                to_delete.push(message);
            }
        });
        if bytes_left > 0 {
            self.state.release(bytes_left);
        }
        if self.table.is_hopeless() {
            self.table.verdict().into_iter().for_each(|failure| self.state.fail(failure));
        }
        let mut to_delete = to_delete.into_iter().peekable();
        while to_delete.peek().is_some() {
            // Acknowledgers read until this sender is dropped, so this cannot fail.
            let _ = self.to_acknowledgers.send(to_delete.by_ref().take(MOST_PER_RECEIVE).collect());
        }
    }

    fn judge(&mut self, message: &Settled) {
        match message.outcome() {
            Outcome::Inserted => {
                self.guard.login();
                self.table.stored();
            }
            Outcome::Rejected { rejection, known: false } => match rejection.reason {
                Reason::RefusedByDatabase | Reason::NotStored => self.table.refused(rejection),
                reason if reason.class() == Class::Rogue => self.guard.rogue(|| rejection.to_string()),
                _ => {}
            },
            Outcome::Rejected { rejection, known: true } if rejection.reason.class() == Class::Rogue => {
                self.guard.rogue_again(|| rejection.to_string());
            }
            Outcome::Rejected { known: true, .. } | Outcome::Duplicate | Outcome::Deferred => {}
        }
    }

    fn give_back_unused(&mut self) {
        let unused = std::mem::take(&mut self.unused);
        if !unused.is_empty() {
            let given_back = self.queue.give_back(&unused).messages;
            self.state.given_back(unused.len(), unused.len() - given_back.min(unused.len()));
        }
    }

    /// No receive is in flight any more: commits what is left, then gives back what nothing became of.
    fn finish(mut self) {
        self.flush();
        self.try_again();
        let verdict = self.table.verdict().or_else(|| self.guard.verdict());
        verdict.into_iter().for_each(|failure| self.state.fail(failure));
        self.give_back_unused();
        let blocking = self.state.left_in_blocked_groups();
        if !blocking.is_empty() {
            let given_back = self.queue.give_back(&blocking).messages;
            self.state.not_given_back(blocking.len() - given_back.min(blocking.len()));
        }
    }
}
