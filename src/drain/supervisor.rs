//! What must happen beside the flow: signals, messages that wait long for the store, the live line.

use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use super::receiver::Reply;
use super::state::RunState;
use crate::queue::Queue;
use crate::report::Books;
use crate::report::StopReason;
use crate::waiting::StopFlag;

const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Long polls in flight when a signal comes get this long to end by themselves …
const POLLS_MAY_LAST: Duration = Duration::from_secs(2);
/// … and an open transaction this long. Its messages are given back then; the program ends soon after.
const A_COMMIT_MAY_LAST: Duration = Duration::from_secs(5);

pub fn run(
    queue: &dyn Queue,
    state: &RunState,
    stop: &StopFlag,
    waiting: Receiver<Reply>,
    on_progress: &(dyn Fn(&Books) + Sync),
) {
    loop {
        if let Some(set_at) = stop.set_at() {
            state.stop(StopReason::Signal);
            if set_at.elapsed() >= POLLS_MAY_LAST {
                queue.interrupt();
            }
            if set_at.elapsed() >= A_COMMIT_MAY_LAST {
                abandon(queue, state, &waiting);
            }
        }
        keep_hidden(queue, state);
        on_progress(&state.books());
        if state.wait_for_writer(LOOK_EVERY) {
            return;
        }
    }
}

/// The ledger knows what such a transaction may have stored in the end, so nothing is stored twice.
fn abandon(queue: &dyn Queue, state: &RunState, waiting: &Receiver<Reply>) {
    let Some(committing) = state.abandon() else { return };
    let deliveries = waiting.try_iter().flat_map(|reply| reply.deliveries);
    let receipts: Vec<_> = committing.receipts.into_iter().chain(deliveries.map(|of| of.receipt)).collect();
    queue.give_back(&receipts);
}

/// A commit that takes long must not let its messages reappear: other drainers would work in vain.
fn keep_hidden(queue: &dyn Queue, state: &RunState) {
    let Some(committing) = state.committing() else { return };
    let timeout = state.visibility_timeout();
    if committing.hidden_since.elapsed() >= timeout / 2 {
        let now = Instant::now();
        if queue.keep_hidden(&committing.receipts, timeout).is_ok() {
            state.kept_hidden(now);
        }
    }
}
