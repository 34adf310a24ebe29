//! What must happen beside the flow: signals, messages that wait long for the store, the live line.

use std::time::{Duration, Instant};

use super::signals::StopFlag;
use super::state::RunState;
use crate::queue::Queue;
use crate::report::Books;
use crate::report::StopReason;

const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Long polls in flight when a signal comes get this long to end by themselves.
const POLLS_MAY_LAST: Duration = Duration::from_secs(3);

pub fn run(queue: &dyn Queue, state: &RunState, stop: &StopFlag, on_progress: &(dyn Fn(&Books) + Sync)) {
    let mut interrupt_at: Option<Instant> = None;
    loop {
        if stop.is_set() {
            state.stop(StopReason::Signal);
            if Instant::now() >= *interrupt_at.get_or_insert_with(|| Instant::now() + POLLS_MAY_LAST) {
                queue.interrupt();
            }
        }
        keep_hidden(queue, state);
        on_progress(&state.books());
        if state.wait_for_writer(LOOK_EVERY) {
            return;
        }
    }
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
