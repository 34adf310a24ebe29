//! The order of a run: receive, judge, batch, commit, acknowledge, count.

mod acknowledger;
mod dry_run;
pub mod intake;
mod lost_replies;
mod receiver;
pub mod run_settings;
pub mod signals;
mod state;
mod supervisor;
mod writer;

use std::time::Instant;

use crossbeam_channel::bounded;

use crate::drain::intake::{MOST_PER_RECEIVE, Stopped};
use crate::drain::signals::StopFlag;
use crate::failure::Failure;
use crate::queue::Queue;
use crate::report::Books;
use crate::stop::StopReason;
use crate::store::Store;

pub use dry_run::rehearse;
use run_settings::RunSettings;
use state::Shared;

/// The books at the end, and why the end came.
pub struct Ended {
    pub books: Books,
    pub reason: Result<StopReason, Failure>,
}

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
    let shared = Shared::new(settings.limits, settings.max_seconds.map(|limit| Instant::now() + limit));
    std::thread::scope(|scope| {
        let (to_writer, from_receivers) = bounded(waiting_replies(settings.batch_size));
        let (to_acknowledgers, from_writer) = bounded(waiting_replies(settings.batch_size));
        for _ in 0..settings.limits.receivers {
            let (to_writer, from_writer) = (to_writer.clone(), from_writer.clone());
            scope.spawn(|| receiver::run(queue, settings, &shared, to_writer));
            scope.spawn(|| acknowledger::run(queue, settings, &shared, from_writer));
        }
        drop((to_writer, from_writer));
        let supervisor = scope.spawn(|| supervisor::run(queue, &shared, stop, on_progress));
        writer::run(queue, store, settings, &shared, stop, from_receivers, to_acknowledgers);
        shared.writer_ended();
        drop(supervisor);
    });
    shared.into_ended()
}

impl Shared {
    fn into_ended(self) -> Ended {
        let (books, failure, stopped) = self.into_parts();
        let reason = match (failure, stopped) {
            (Some(failure), _) => Err(failure),
            (None, Some(Stopped::InGoodOrder(reason))) => Ok(reason),
            (None, _) => Err(Failure::permanent("the run ended without a reason: please report this")),
        };
        Ended { books, reason }
    }
}

#[cfg(test)]
mod tests;
