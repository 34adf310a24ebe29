//! One acknowledger: deletes what is committed, ten messages a call, and counts what it is told.

use std::time::Instant;

use crossbeam_channel::Receiver;

use super::acknowledger_count::AcknowledgerCount;
use super::run_settings::RunSettings;
use super::state::RunState;
use crate::queue::{DeadLetter, Deletion, Queue};
use crate::reject::{Class, RejectPolicy};
use crate::store::Settled;

/// A message on its way to the dead-letter queue is held as text and as a form whose letters are escaped.
const TIMES_WHILE_SENT: usize = 4;

/// Takes only what a store has committed: nobody else can make it. `start_another` is called when one more
/// acknowledger would find work; it answers whether it could start one.
pub fn run(
    queue: &dyn Queue,
    settings: &RunSettings,
    state: &RunState,
    from_writer: &Receiver<Vec<Settled>>,
    count: &AcknowledgerCount,
    start_another: &dyn Fn() -> bool,
) {
    for mut settled in from_writer {
        let began = Instant::now();
        let messages = settled.len();
        let bytes = settled.iter().map(|message| message.delivery().bytes()).sum();
        let left = match settings.rejects {
            RejectPolicy::DeadLetter => send_dead_letters(queue, state, &mut settled),
            RejectPolicy::Delete | RejectPolicy::Keep => Vec::new(),
        };
        let deleted = delete(queue, state, &settled);
        state.acknowledged(deleted, messages - left.len() - deleted, &left);
        drop((settled, left));
        state.release(bytes);
        if count.grows(from_writer.len(), began.elapsed(), state.acknowledgers_worth_it()) && !start_another()
        {
            count.was_not_started();
        }
    }
}

/// The number of messages that are gone from the queue.
fn delete(queue: &dyn Queue, state: &RunState, settled: &[Settled]) -> usize {
    if settled.is_empty() {
        return 0;
    }
    match queue.delete(settled) {
        Ok(deletions) => deletions.iter().filter(|deletion| **deletion == Deletion::Deleted).count(),
        Err(failure) => {
            state.fail(failure);
            0
        }
    }
}

/// Takes out what may not be deleted: a rogue message may once the dead-letter queue has it. Returns those that
/// it refused: they stay.
fn send_dead_letters(queue: &dyn Queue, state: &RunState, settled: &mut Vec<Settled>) -> Vec<Settled> {
    let mut refused = Vec::new();
    let mut safe = Vec::with_capacity(settled.len());
    for message in std::mem::take(settled) {
        if message.rejection().map(|rejection| rejection.reason.class()) != Some(Class::Rogue) {
            safe.push(message);
            continue;
        }
        let bytes = message.delivery().bytes().saturating_mul(TIMES_WHILE_SENT);
        match state.with_room_to_send(bytes, || queue.dead_letter(&message)) {
            Ok(DeadLetter::Sent) => safe.push(message),
            Ok(DeadLetter::Refused(why)) => {
                state.dead_letter_refused(why);
                refused.push(message);
            }
            Err(failure) => state.fail(failure),
        }
    }
    *settled = safe;
    refused
}
