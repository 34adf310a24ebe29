//! One run, from opening the queue to the summary of what was done.

use std::time::Instant;

use super::opened_queue::{self, OpenedQueue};
use super::{exclusive, watched};
use crate::drain::Ended;
use crate::drain::reject_guard::WINDOW;
use crate::failure::Failure;
use crate::postgres::exclusive_lock::ExclusiveLock;
use crate::postgres::{Login, PostgresStore};
use crate::queue::Queue;
use crate::report::{Summary, Tally};
use crate::screen::{Terminal, standard_error};
use crate::settings::Drain;

/// The summary, and beside it the failure that ended the run, if one did. `name` becomes the queue's
/// identity as soon as it is known.
pub fn run(
    settings: &mut Drain,
    terminal: Terminal,
    store: &mut PostgresStore,
    login: Login,
    name: &mut String,
    started: Instant,
) -> anyhow::Result<(Summary, Option<Failure>)> {
    let queue = opened_queue::open(settings)?;
    queue.identity().clone_into(name);
    // Held until the run has ended.
    let lock = match settings.exclusive {
        true => exclusive::take(settings, &login, store, name)?,
        false => ExclusiveLock::NotAskedFor,
    };
    if matches!(lock, ExclusiveLock::HeldByAnother) {
        if !settings.quiet {
            standard_error::note("another run is draining this queue (--exclusive): leaving it to that one");
        }
        return Ok((Summary::of_another_run(started.elapsed()), None));
    }
    let stop = settings.waiting.stop.clone();
    let opened = opened_queue::ask(queue, settings)?;
    settings.run.visibility_timeout = opened.visibility_timeout();
    let patience = settings.run.store_patience.clone();
    settings.run.earlier_runs =
        patience.keep_trying(|| store.newest_runs(name, WINDOW as u64)).unwrap_or_default();
    let ended = watched::run(settings, terminal, &stop, &opened.queue, store, opened.most_receives());
    let summary = summarize(&ended, &opened, store, settings.dry_run, started);
    summary.tally.books.check().map_err(Failure::lasting)?;
    Ok((summary, ended.reason.err()))
}

/// The run as it is told, with what the queue says of itself at the end.
fn summarize(
    ended: &Ended,
    opened: &OpenedQueue,
    store: &PostgresStore,
    dry_run: bool,
    started: Instant,
) -> Summary {
    if let Some(why) = &ended.dead_letter_refusal {
        standard_error::warning(&format!(
            "the dead-letter queue does not take every message ({why}): these stay"
        ));
    }
    let error = ended.reason.as_ref().err().map(|failure| failure.text.clone());
    let depth = match error {
        Some(_) => None,
        None => opened.queue.attributes().ok().flatten().map(|attributes| attributes.depth),
    };
    Summary {
        tally: Tally {
            books: ended.books.clone(),
            calls: opened.queue.calls(),
            store_retries: store.retries(),
        },
        elapsed: started.elapsed(),
        stopped_because: ended.stopped_because(),
        error,
        queue: depth,
        left: opened.fate_of(&ended.left),
        dry_run,
        table: Some(store.table()),
    }
}
