//! `drain`: open store and queue, run, and tell how it ended on the screen, in the metrics and in the database.

mod metrics_record;
mod opened_queue;
mod opened_store;
mod run_record;
mod watched;

use std::time::Instant;

use super::{connections, listening};
use crate::cli::DrainArgs;
use crate::drain::Ended;
use crate::drain::reject_guard::WINDOW;
use crate::exit::{self, Exit};
use crate::failure::Failure;
use crate::postgres::exclusive_lock::ExclusiveLock;
use crate::postgres::{Login, PostgresStore, PruneBounds};
use crate::queue::Queue;
use crate::report::{StopReason, Summary, Tally, json, text};
use crate::screen::{Terminal, print, standard_error};
use crate::settings::{self, Drain, Environment, Format, Metrics};
use metrics_record::MetricsRecord;
use opened_queue::OpenedQueue;

pub fn run(args: &DrainArgs, environment: &Environment) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let metrics = MetricsRecord::open(Metrics::read(args, environment)?)?;
    let stop = listening::to_end_in_good_order(&listening::OF_A_DRAIN)?;
    let outcome = Drain::read(args, environment, &stop)
        .map_err(|failure| (failure.into(), None))
        .and_then(|settings| with_store(settings, settings::terminal(environment), &metrics, started));
    let outcome = outcome.or_else(|(error, summary)| {
        let failed = || Box::new(Summary::of_failure(&error, started.elapsed()));
        if args.format == Format::Json {
            print(&json::render(&summary.unwrap_or_else(failed)))?;
        }
        Err(error)
    });
    let excused = matches!(&outcome, Ok(end) if end.is_excused);
    let exit = metrics.close(outcome.map(|end| end.exit))?;
    Ok(if excused { Exit::Clean } else { exit })
}

/// How a run ended that did not fail.
struct End {
    exit: Exit,
    /// Whoever started the program is told 0 all the same.
    is_excused: bool,
}

/// Why a run failed, and what it did before, if it came that far.
type Failed = (anyhow::Error, Option<Box<Summary>>);

/// Whatever becomes of the run, the database is told where it answers.
fn with_store(
    mut settings: Drain,
    terminal: Terminal,
    metrics: &MetricsRecord,
    started: Instant,
) -> Result<End, Failed> {
    let early = |failure: Failure| (failure.into(), None);
    let login = connections::login(&settings.database).map_err(early)?;
    if let Some(only) = &settings.one_region {
        for host in only.must_hold_database(&login.target).map_err(early)? {
            settings
                .warnings
                .push(format!("--one-region: nothing tells in which region the database host {host} is"));
        }
    }
    if !settings.quiet {
        standard_error::warnings(&settings.warnings);
        settings.queue.endpoint.remark.iter().for_each(|remark| standard_error::note(remark));
    }
    let session = connections::session(&settings.database, login.clone());
    let mut opened = opened_store::open(&settings, session).map_err(early)?;
    if !settings.quiet {
        standard_error::warnings(&opened.will_refuse);
    }
    let mut queue = settings.queue.label();
    let outcome = drain(&mut settings, terminal, &mut opened.store, login, &mut queue, started);
    let (summary, exit) = match outcome {
        Ok((summary, failure)) => {
            let exit = failure.as_ref().map_or_else(
                || Exit::of_run(summary.stopped_because, &summary.deeds()),
                |failure| failure.kind.into(),
            );
            metrics.note(&summary);
            (summary, failure.map_or(Ok(exit), |failure| Err(failure.into())))
        }
        Err(error) => (Summary::of_failure(&error, started.elapsed()), Err(error)),
    };
    if !settings.dry_run {
        let code = exit.as_ref().map_or_else(Exit::of, |exit| *exit);
        // What a run did is not changed by a row that could not be written.
        let _ = opened.store.record_run(&run_record::of(&summary, &queue, code));
        opened.store.prune(&PruneBounds {
            asked_to_stop: &|| {
                settings.waiting.stop.is_set()
                    || settings.run.max_seconds.is_some_and(|limit| started.elapsed() >= limit)
            },
            rows: summary.tally.books.inserted * 2,
            time: summary.elapsed / 10,
        });
    }
    if settings.quiet && summary.tally.books.refused > 0 {
        standard_error::warnings(&opened.will_refuse);
    }
    match exit {
        Ok(exit) => {
            tell(&summary, &settings).map_err(|error| (error, None))?;
            let remarks = exit::remarks(summary.stopped_because, &summary.deeds());
            Ok(End { exit, is_excused: exit.unless_excused(&remarks, &settings.excused) == Exit::Clean })
        }
        Err(error) => {
            if summary.tally.books.received > 0 && settings.format == Format::Text {
                standard_error::note(&format!("before it failed: {}", text::progress(&summary.tally.books)));
            }
            Err((error, Some(Box::new(summary))))
        }
    }
}

/// From the queue to the summary; beside it the failure that ended the run, if one did. `name` becomes the queue's
/// identity as soon as it is known.
fn drain(
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
        true => settings.run.store_patience.keep_trying(|| {
            ExclusiveLock::take(connections::session(&settings.database, login.clone()), name)
        })?,
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
    let summary = summarize(&ended, &opened, store.retries(), settings.dry_run, started);
    summary.tally.books.check().map_err(Failure::lasting)?;
    Ok((summary, ended.reason.err()))
}

/// The run as it is told, with what the queue says of itself at the end.
fn summarize(
    ended: &Ended,
    opened: &OpenedQueue,
    store_retries: u64,
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
        tally: Tally { books: ended.books.clone(), calls: opened.queue.calls(), store_retries },
        elapsed: started.elapsed(),
        stopped_because: ended.stopped_because(),
        error,
        queue: depth,
        left: opened.fate_of(&ended.left),
        dry_run,
    }
}

/// A run that left to another has said so.
fn tell(summary: &Summary, settings: &Drain) -> anyhow::Result<()> {
    match (settings.format, summary.stopped_because) {
        _ if settings.quiet && summary.is_unremarkable() => Ok(()),
        (Format::Json, _) => print(&json::render(summary)),
        (Format::Text, StopReason::AnotherRun) => Ok(()),
        (Format::Text, _) => print(&text::render(summary)),
    }
}
