//! What must happen beside the flow: signals, messages that wait long for the store.

use std::time::{Duration, Instant};

use super::state::Shared;
use crate::drain::intake::Stopped;
use crate::drain::signals::StopFlag;
use crate::queue::{Queue, USUAL_VISIBILITY_TIMEOUT};
use crate::report::Books;
use crate::stop::StopReason;

pub const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Long polls in flight when a signal comes get this long to end by themselves.
const POLLS_MAY_LAST: Duration = Duration::from_secs(3);
/// The queue is asked for its visibility timeout only when a commit lasts this long.
const LONG_COMMIT: Duration = Duration::from_secs(2);

pub fn run(queue: &dyn Queue, shared: &Shared, stop: &StopFlag, on_progress: &(dyn Fn(&Books) + Sync)) {
    let mut interrupt_at: Option<Instant> = None;
    let mut visibility_timeout: Option<Duration> = None;
    while !shared.wait_for_writer(LOOK_EVERY) {
        if stop.is_set() {
            shared.stop(Stopped::InGoodOrder(StopReason::Signal));
            if Instant::now() >= *interrupt_at.get_or_insert_with(|| Instant::now() + POLLS_MAY_LAST) {
                queue.interrupt();
            }
        }
        keep_hidden(queue, shared, &mut visibility_timeout);
        on_progress(&shared.books());
    }
}

/// A commit that takes long must not let its messages reappear: other drainers would work in vain.
fn keep_hidden(queue: &dyn Queue, shared: &Shared, visibility_timeout: &mut Option<Duration>) {
    let Some(committing) = shared.committing() else { return };
    let age = committing.hidden_since.elapsed();
    if age < LONG_COMMIT {
        return;
    }
    let timeout = *visibility_timeout.get_or_insert_with(|| ask_visibility_timeout(queue));
    if age >= timeout / 2 {
        let now = Instant::now();
        if queue.keep_hidden(&committing.receipts, timeout).is_ok() {
            shared.hidden_again(now);
        }
    }
}

pub fn ask_visibility_timeout(queue: &dyn Queue) -> Duration {
    let told = queue.attributes().ok().flatten();
    told.map_or(USUAL_VISIBILITY_TIMEOUT, |attributes| attributes.visibility_timeout)
}
