//! One acknowledger: deletes what is committed, ten messages a call, and counts what it is told.

use crossbeam_channel::Receiver;

use super::run_settings::RunSettings;
use super::state::RunState;
use crate::queue::{Deletion, Queue};
use crate::reject::{Class, RejectPolicy};
use crate::store::Settled;

/// Takes only what a store has committed: nobody else can make it.
pub fn run(queue: &dyn Queue, settings: &RunSettings, state: &RunState, from_writer: Receiver<Vec<Settled>>) {
    for settled in from_writer {
        let messages = settled.len();
        let deleted = delete(queue, settings, state, settled);
        state.acknowledged(deleted, messages - deleted);
    }
}

/// The number of messages that are gone from the queue.
fn delete(queue: &dyn Queue, settings: &RunSettings, state: &RunState, mut settled: Vec<Settled>) -> usize {
    if settings.rejects == RejectPolicy::DeadLetter {
        settled.retain(|message| is_safe_elsewhere(queue, state, message));
    }
    if settled.is_empty() {
        return 0;
    }
    match queue.delete(&settled) {
        Ok(deletions) => deletions.iter().filter(|deletion| **deletion == Deletion::Deleted).count(),
        Err(failure) => {
            state.fail(failure);
            0
        }
    }
}

/// A rogue message is deleted only once the dead-letter queue has it.
fn is_safe_elsewhere(queue: &dyn Queue, state: &RunState, message: &Settled) -> bool {
    match message.rejection().map(|rejection| rejection.reason.class()) {
        Some(Class::Rogue) => queue.dead_letter(message).map_err(|failure| state.fail(failure)).is_ok(),
        Some(Class::Refused) | None => true,
    }
}
