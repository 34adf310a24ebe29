//! The order of a run: receive, judge, batch, commit, acknowledge, count.

mod acknowledger;
mod acknowledger_count;
pub mod dry_run;
mod empty_queue;
pub mod left_on_queue;
mod lost_replies;
mod memory_budget;
mod receiver;
mod receiver_ceiling;
mod receiver_count;
pub mod reject_guard;
pub mod run_settings;
mod state;
mod supervisor;
mod table_fault;
mod writer;

use std::thread::{Builder, Scope};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::failure::Failure;
use crate::queue::{MOST_PER_RECEIVE, Queue};
use crate::report::Books;
use crate::store::{Settled, Store};
use crate::waiting::StopFlag;
use acknowledger_count::AcknowledgerCount;
use receiver::Reply;
use run_settings::RunSettings;
pub use state::Ended;
use state::RunState;

/// Replies waiting for the writer: enough to fill the next batch while one is committed.
fn waiting_replies(batch_size: usize) -> usize {
    (batch_size / MOST_PER_RECEIVE).clamp(8, 400)
}

/// Batches that wait for acknowledgers, so that the writer seldom waits for them.
const BATCHES_TO_ACKNOWLEDGE: usize = 4;

/// Drains the queue into the store.
///
/// Receivers and acknowledgers are plain threads around one writer, joined by bounded channels: a slow
/// database slows the receives, and what is held in memory has a bound. A run begins with one of each, and
/// starts more as there is work for them. Each thread ends when the channel
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
    let acknowledgers = AcknowledgerCount::new();
    let run = Run { queue, settings, state: &state, acknowledgers: &acknowledgers };
    std::thread::scope(|scope| {
        let (to_writer, from_receivers) = bounded(waiting_replies(settings.batch_size));
        let (to_acknowledgers, from_writer) =
            bounded(waiting_replies(settings.batch_size) * BATCHES_TO_ACKNOWLEDGE);
        let started = start_acknowledger(scope, run, from_writer) && start_receiver(scope, run, to_writer);
        if !started {
            state.fail(Failure::temporary("the system starts no more threads: look at its limits"));
        }
        let waiting = from_receivers.clone();
        scope.spawn(|| supervisor::run(queue, &state, stop, waiting, on_progress));
        writer::run(queue, store, settings, &state, stop, from_receivers, to_acknowledgers);
        state.writer_ends();
    });
    state.into_ended()
}

/// What the threads of a run share.
#[derive(Clone, Copy)]
struct Run<'run> {
    queue: &'run dyn Queue,
    settings: &'run RunSettings,
    state: &'run RunState,
    acknowledgers: &'run AcknowledgerCount,
}

/// False where the system starts no more threads.
fn start_receiver<'scope>(
    scope: &'scope Scope<'scope, '_>,
    run: Run<'scope>,
    to_writer: Sender<Reply>,
) -> bool {
    let receive = move || {
        let start_another = || start_receiver(scope, run, to_writer.clone());
        receiver::run(run.queue, run.settings, run.state, &to_writer, &start_another);
    };
    Builder::new().spawn_scoped(scope, receive).is_ok()
}

/// False where the system starts no more threads.
fn start_acknowledger<'scope>(
    scope: &'scope Scope<'scope, '_>,
    run: Run<'scope>,
    from_writer: Receiver<Vec<Settled>>,
) -> bool {
    let acknowledge = move || {
        let start_another = || start_acknowledger(scope, run, from_writer.clone());
        let Run { queue, settings, state, acknowledgers } = run;
        acknowledger::run(queue, settings, state, &from_writer, acknowledgers, &start_another);
    };
    Builder::new().spawn_scoped(scope, acknowledge).is_ok()
}

#[cfg(test)]
mod tests;
