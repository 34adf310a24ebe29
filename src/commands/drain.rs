//! `drain`: open queue and store, run, tell how it ended.

use std::sync::OnceLock;
use std::time::Instant;

use super::connections::{self, OpenedQueue};
use super::recorder::Recorder;
use super::run_record;
use crate::cli::DrainArgs;
use crate::drain::dry_run::{HoldingQueue, MOST_HELD};
use crate::drain::reject_guard::WINDOW;
use crate::drain::signals::{self, Reaction, StopFlag};
use crate::drain::{self, Ended};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::postgres::PostgresStore;
use crate::postgres::exclusive_lock::ExclusiveLock;
use crate::queue::Queue;
use crate::report::{Books, Summary, Tally, json, progress, text};
use crate::screen::live_line::LiveLine;
use crate::screen::{Terminal, print, standard_error};
use crate::settings::{self, Drain, Environment, Format, Metrics};
use crate::store::Store;
use crate::store::answering::AnsweringStore;

pub fn run(args: &DrainArgs, environment: &Environment) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let recorder = Recorder::open(Metrics::read(args, environment))?;
    let mut failed = None;
    let outcome = match Drain::read(args, environment) {
        Ok(settings) => run_recorded(settings, settings::terminal(environment), &recorder, &mut failed),
        Err(failure) => Err(failure.into()),
    };
    if let (Err(error), Format::Json) = (&outcome, args.format) {
        let failed = failed.unwrap_or_else(|| Summary::of_failure(format!("{error:#}"), started.elapsed()));
        print(&json::render(&failed))?;
    }
    recorder.close(outcome)
}

/// `failed` is told what a run did that failed after its first receive.
fn run_recorded(
    mut settings: Drain,
    terminal: Terminal,
    recorder: &Recorder,
    failed: &mut Option<Summary>,
) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let login = connections::login(&settings.database)?;
    standard_error::warnings(&settings.warnings);
    let mut store = connections::store(&settings, connections::session(&settings.database, login.clone()))?;
    let opened = connections::queue_to_drain(&settings)?;
    settings.run.visibility_timeout = opened.visibility_timeout();
    // Held until the run has ended.
    let lock = match settings.exclusive {
        true => {
            ExclusiveLock::take(connections::session(&settings.database, login), opened.queue.identity())?
        }
        false => ExclusiveLock::NotAskedFor,
    };
    if matches!(lock, ExclusiveLock::HeldByAnother) {
        if !settings.quiet {
            standard_error::note("another run is draining this queue (--exclusive): leaving it to that one");
        }
        recorder.leave_to_another();
        return Ok(Exit::Clean);
    }
    settings.run.earlier_runs = store.newest_runs(opened.queue.identity(), WINDOW as u64).unwrap_or_default();
    let ended = drain(&mut settings, terminal, &opened, &mut store)?;
    let tally =
        Tally { books: ended.books.clone(), calls: opened.queue.calls(), store_retries: store.retries() };
    recorder.note(tally.clone(), None);
    let summary = connections::summary(&settings, &ended, &opened, tally, started);
    recorder.note(summary.tally.clone(), summary.queue);
    if !settings.dry_run {
        let exit = match &ended.reason {
            Ok(reason) => Exit::of_run(*reason, &summary.tally.books),
            Err(failure) => failure.kind.into(),
        };
        // What a run did is not changed by a row that could not be written.
        let _ = store.record_run(&run_record::of(&summary, opened.queue.identity(), exit));
        store.prune();
    }
    summary.tally.books.check().map_err(Failure::permanent)?;
    match ended.reason {
        Ok(reason) => {
            tell(&summary, &settings)?;
            Ok(Exit::of_run(reason, &summary.tally.books))
        }
        Err(failure) => {
            if summary.tally.books.received > 0 && settings.format == Format::Text {
                standard_error::note(&format!("before it failed: {}", text::progress(&summary.tally.books)));
            }
            *failed = Some(summary);
            Err(failure.into())
        }
    }
}

/// The run itself, or a dry run on a store that only answers and a queue that gives everything back.
fn drain(
    settings: &mut Drain,
    terminal: Terminal,
    opened: &OpenedQueue,
    store: &mut PostgresStore,
) -> anyhow::Result<Ended> {
    let stop = signals::listen(|reaction| match reaction {
        Reaction::Finish => standard_error::note(reaction.text()),
        Reaction::EndNow(_) => {
            standard_error::error(reaction.text());
            Exit::Early.now();
        }
    })?;
    if !settings.dry_run {
        return Ok(watched(&opened.queue, store, settings, terminal, &stop));
    }
    let limits = &mut settings.run.limits;
    limits.max_messages = Some(limits.max_messages.unwrap_or(MOST_HELD).min(MOST_HELD));
    let timeout = opened.visibility_timeout();
    let holding = HoldingQueue::new(&opened.queue, limits.fifo, timeout, opened.most_receives());
    let mut ended = watched(&holding, &mut AnsweringStore::new(store), settings, terminal, &stop);
    ended.books.give_back_failures = holding.give_all_back() as u64;
    Ok(ended)
}

/// With a live line where somebody is looking.
fn watched(
    queue: &dyn Queue,
    store: &mut dyn Store,
    settings: &Drain,
    terminal: Terminal,
    stop: &StopFlag,
) -> Ended {
    let line = LiveLine::start(if settings.quiet { Terminal::Plain } else { terminal });
    let (started, backlog) = (Instant::now(), OnceLock::new());
    let show = |books: &Books| {
        line.show(|| match books.received {
            0 => "waiting for the first message".to_owned(),
            received => {
                let waiting = || queue.attributes().ok().flatten().map(|told| received + told.depth.visible);
                progress::words(books, *backlog.get_or_init(waiting), started.elapsed())
            }
        });
    };
    let ended = drain::drain(queue, store, &settings.run, stop, &show);
    line.finish();
    ended
}

fn tell(summary: &Summary, settings: &Drain) -> anyhow::Result<()> {
    if settings.quiet && summary.is_unremarkable() {
        return Ok(());
    }
    match settings.format {
        Format::Json => print(&json::render(summary)),
        Format::Text => print(&text::render(summary)),
    }
}
