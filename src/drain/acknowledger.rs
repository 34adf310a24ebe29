//! One acknowledger: deletes what is committed, ten messages a call, and counts what it is told.

use crossbeam_channel::Receiver;

use super::state::Shared;
use super::{Plan, RejectPolicy};
use crate::queue::{DeadLetter, Deletion, Queue};
use crate::store::{Outcome, Settled};

pub fn run(queue: &dyn Queue, plan: &Plan, shared: &Shared, from_writer: Receiver<Vec<Settled>>) {
    for mut settled in from_writer {
        let messages = settled.len();
        let kept = match plan.rejects {
            RejectPolicy::DeadLetter => send_dead_letters(queue, shared, &mut settled),
            RejectPolicy::Delete | RejectPolicy::Keep => 0,
        };
        let deleted = delete(queue, shared, &settled);
        shared.count(|books| {
            books.kept += kept as u64;
            books.deleted += deleted as u64;
            books.delete_failures += (messages - kept - deleted) as u64;
        });
        shared.let_go(messages);
    }
}

/// The number of messages that are gone from the queue.
fn delete(queue: &dyn Queue, shared: &Shared, settled: &[Settled]) -> usize {
    if settled.is_empty() {
        return 0;
    }
    match queue.delete(settled) {
        Ok(deletions) => deletions.iter().filter(|deletion| **deletion == Deletion::Deleted).count(),
        Err(failure) => {
            shared.fail(failure);
            0
        }
    }
}

/// Leaves only what may be deleted: a reject may once the dead-letter queue has it. Returns the number of those
/// that it refused, which are kept.
fn send_dead_letters(queue: &dyn Queue, shared: &Shared, settled: &mut Vec<Settled>) -> usize {
    let mut refused = 0;
    settled.retain(|message| match message.outcome() {
        Outcome::Inserted | Outcome::Duplicate => true,
        Outcome::Rejected(_) => match queue.dead_letter(message) {
            Ok(DeadLetter::Sent) => true,
            Ok(DeadLetter::Refused(_)) => {
                refused += 1;
                false
            }
            Err(failure) => {
                shared.fail(failure);
                false
            }
        },
    });
    refused
}
