//! One acknowledger: deletes what is committed, ten messages a call, and counts what it is told.

use crossbeam_channel::Receiver;

use super::run_settings::RunSettings;
use super::state::Shared;
use crate::queue::{Deletion, Queue};
use crate::reject::RejectPolicy;
use crate::store::{Outcome, Settled};

pub fn run(queue: &dyn Queue, settings: &RunSettings, shared: &Shared, from_writer: Receiver<Vec<Settled>>) {
    for settled in from_writer {
        let messages = settled.len();
        let deleted = delete(queue, settings, shared, settled);
        shared.count(|books| {
            books.deleted += deleted as u64;
            books.delete_failures += (messages - deleted) as u64;
        });
        shared.let_go(messages);
    }
}

/// The number of messages that are gone from the queue.
fn delete(queue: &dyn Queue, settings: &RunSettings, shared: &Shared, mut settled: Vec<Settled>) -> usize {
    if settings.rejects == RejectPolicy::DeadLetter {
        settled.retain(|message| may_delete(queue, shared, message));
    }
    if settled.is_empty() {
        return 0;
    }
    match queue.delete(&settled) {
        Ok(deletions) => deletions.iter().filter(|deletion| **deletion == Deletion::Deleted).count(),
        Err(failure) => {
            shared.fail(failure);
            0
        }
    }
}

/// A reject is deleted only once the dead-letter queue has it.
fn may_delete(queue: &dyn Queue, shared: &Shared, message: &Settled) -> bool {
    match message.outcome() {
        Outcome::Rejected(_) => queue.dead_letter(message).map_err(|failure| shared.fail(failure)).is_ok(),
        Outcome::Inserted | Outcome::Duplicate => true,
    }
}
