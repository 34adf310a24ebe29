//! The one writer: gathers verdicts into batches, commits each, and only then passes them on for deletion.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::receiver::Reply;
use super::run_settings::RunSettings;
use super::state::{Committing, Shared};
use crate::batch::Batch;
use crate::drain::intake::MOST_PER_RECEIVE;
use crate::drain::signals::StopFlag;
use crate::failure::Failure;
use crate::message::Receipt;
use crate::queue::Queue;
use crate::store::{Outcome, Settled, Store};

/// A batch that is not full is committed when nothing came for this long …
const IDLE: Duration = Duration::from_millis(50);
/// … or when its first message is this old: far less than any sensible visibility timeout.
const OLDEST: Duration = Duration::from_secs(1);

pub fn run(
    queue: &dyn Queue,
    store: &mut dyn Store,
    settings: &RunSettings,
    shared: &Shared,
    stop: &StopFlag,
    from_receivers: Receiver<Reply>,
    to_acknowledgers: Sender<Vec<Settled>>,
) {
    let mut writer = Writer {
        queue,
        store,
        settings,
        shared,
        to_acknowledgers,
        batch: Batch::default(),
        since: Instant::now(),
    };
    loop {
        match from_receivers.recv_timeout(IDLE) {
            Ok(reply) if stop.is_set() || shared.has_failed() => {
                // What was already gathered is finished; what still comes is given back.
                writer.flush();
                writer.release(
                    &reply.deliveries.into_iter().map(|delivery| delivery.receipt).collect::<Vec<_>>(),
                );
            }
            Ok(reply) => writer.gather(reply),
            Err(RecvTimeoutError::Timeout) => writer.flush(),
            Err(RecvTimeoutError::Disconnected) => return writer.flush(),
        }
    }
}

struct Writer<'a> {
    queue: &'a dyn Queue,
    store: &'a mut dyn Store,
    settings: &'a RunSettings,
    shared: &'a Shared,
    to_acknowledgers: Sender<Vec<Settled>>,
    batch: Batch,
    /// When the first message of the batch was received.
    since: Instant,
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
    }

    fn flush(&mut self) {
        let batch = std::mem::take(&mut self.batch);
        if batch.is_empty() {
            return;
        }
        match self.commit(&batch) {
            Ok(committed) => self.pass_on(committed.settle(batch)),
            Err(failure) => {
                self.shared.fail(failure);
                self.release(&batch.receipts());
            }
        }
    }

    fn commit(&mut self, batch: &Batch) -> Result<crate::store::Committed, Failure> {
        if batch.is_suspicious(0, self.settings.max_reject_percent) {
            return Err(producer_changed(batch, self.settings.max_reject_percent));
        }
        self.shared.set_committing(Some(Committing { receipts: batch.receipts(), hidden_since: self.since }));
        let committed = self.store.commit(batch);
        self.shared.set_committing(None);
        committed
    }

    fn pass_on(&mut self, settled: Vec<Settled>) {
        let mut to_delete = Vec::with_capacity(settled.len());
        let mut kept = 0;
        self.shared.count(|books| {
            books.batches += 1;
            for message in settled {
                match message.outcome() {
                    Outcome::Inserted => books.inserted += 1,
                    Outcome::Duplicate => books.duplicates += 1,
                    Outcome::Rejected(rejection) => {
                        books.count_reject(rejection.reason, || message.id().to_string());
                        if self.settings.rejects == crate::reject::RejectPolicy::Keep {
                            kept += 1;
                            continue;
                        }
                    }
                }
                to_delete.push(message);
            }
            books.kept += kept as u64;
        });
        self.shared.let_go(kept);
        let mut to_delete = to_delete.into_iter().peekable();
        while to_delete.peek().is_some() {
            // Acknowledgers read until this sender is dropped, so this cannot fail.
            let _ = self.to_acknowledgers.send(to_delete.by_ref().take(MOST_PER_RECEIVE).collect());
        }
    }

    /// Gives messages back at once. Where that fails they come back when their visibility timeout ends.
    fn release(&self, receipts: &[Receipt]) {
        if receipts.is_empty() {
            return;
        }
        let _ = self.queue.give_back(receipts);
        self.shared.count(|books| books.released += receipts.len() as u64);
        self.shared.let_go(receipts.len());
    }
}

fn producer_changed(batch: &Batch, max_reject_percent: u8) -> Failure {
    let rejects = batch.deliveries().iter().filter_map(|delivery| match &delivery.verdict {
        crate::verdict::Verdict::Reject(reject) => Some(&reject.rejection),
        crate::verdict::Verdict::Login(_) => None,
    });
    let first = rejects.clone().next().map(ToString::to_string).unwrap_or_default();
    Failure::permanent(format!(
        "{} of {} messages in a batch are rejects (the first: {first}), more than --max-reject-percent \
         {max_reject_percent}: nothing of the batch was inserted or deleted, all was given back. Has the producer \
         changed? Look with `login-drain peek`, and pass --max-reject-percent 100 to drain all the same",
        rejects.count(),
        batch.len(),
    ))
}
