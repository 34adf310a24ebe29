//! The order of a run: receive, judge, batch, commit, acknowledge, count.

mod acknowledger;
pub mod dry_run;
mod empty_queue;
pub mod left_on_queue;
mod lost_replies;
mod receiver;
mod receiver_count;
pub mod reject_guard;
pub mod run_settings;
mod state;
mod supervisor;
mod table_fault;
mod writer;

use crossbeam_channel::bounded;

use crate::queue::{MOST_PER_RECEIVE, Queue};
use crate::report::Books;
use crate::store::Store;
use crate::waiting::StopFlag;
use run_settings::RunSettings;
pub use state::Ended;
use state::RunState;

/// Replies waiting for the writer: enough to fill the next batch while one is committed.
fn waiting_replies(batch_size: usize) -> usize {
    (batch_size / MOST_PER_RECEIVE).clamp(8, 400)
}

/// Drains the queue into the store.
///
/// Receivers and acknowledgers are plain threads around one writer, joined by bounded channels: a slow
/// database slows the receives, and what is held in memory has a bound. Each thread ends when the channel
/// before it does, so the run ends in the order of the flow, whatever stopped it.
/// `on_progress` is called about ten times a second, on a thread of its own.
pub fn drain(
    queue: &dyn Queue,
    store: &mut dyn Store,
    settings: &RunSettings,
    stop: &StopFlag,
    on_progress: &(dyn Fn(&Books) + Sync),
) -> Ended {
    stop.in_the_middle();
    let state = RunState::new(settings);
    std::thread::scope(|scope| {
        let (to_writer, from_receivers) = bounded(waiting_replies(settings.batch_size));
        let (to_acknowledgers, from_writer) = bounded(waiting_replies(settings.batch_size));
        for _ in 0..settings.limits.receivers {
            let (to_writer, from_writer) = (to_writer.clone(), from_writer.clone());
            scope.spawn(|| receiver::run(queue, settings, &state, to_writer));
            scope.spawn(|| acknowledger::run(queue, settings, &state, from_writer));
        }
        drop((to_writer, from_writer));
        let waiting = from_receivers.clone();
        scope.spawn(|| supervisor::run(queue, &state, stop, waiting, on_progress));
        writer::run(queue, store, settings, &state, stop, from_receivers, to_acknowledgers);
        state.writer_ends();
    });
    state.into_ended()
}

#[cfg(test)]
mod tests;
