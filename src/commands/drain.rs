//! `drain`: check the way, open queue and store, run, tell the outcome.

use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::recorder::Recorder;
use super::{connections, warn};
use crate::cli::DrainArgs;
use crate::drain::signals::{self, StopFlag};
use crate::drain::{self, Ended};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::postgres::exclusive_lock::ExclusiveLock;
use crate::postgres::schema::{self, Need};
use crate::postgres::{PostgresStore, RunFacts, Session};
use crate::queue::{Queue, USUAL_VISIBILITY_TIMEOUT};
use crate::report::metrics::Tally;
use crate::report::{Books, Rehearsal, Summary, json, progress, text};
use crate::screen::live_line::LiveLine;
use crate::screen::{Terminal, print, standard_error};
use crate::settings::{self, Drain, Environment, Format, Metrics};
use crate::sqs::{Asking, Details, SqsQueue};

/// After a signal the run gets this long to finish its batch and give the rest back.
const GRACE: Duration = Duration::from_secs(9);

pub fn run(args: &DrainArgs, environment: &Environment) -> anyhow::Result<Exit> {
    let recorder = Recorder::open(Metrics::read(args, environment))?;
    let drained = Drain::read(args, environment).map_err(anyhow::Error::from);
    recorder.close(
        drained.and_then(|settings| run_recorded(&settings, settings::terminal(environment), &recorder)),
    )
}

fn run_recorded(settings: &Drain, terminal: Terminal, recorder: &Recorder) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let login = connections::login(&settings.database)?;
    warn(&settings.warnings);
    let mut store = open_store(settings, connections::session(&settings.database, login.clone()))?;
    let queue = open_queue(settings)?;
    // Held until the run has ended.
    let lock = match settings.exclusive {
        true => take_exclusive_lock(settings, connections::session(&settings.database, login), queue.url())?,
        false => ExclusiveLock::NotAskedFor,
    };
    if matches!(lock, ExclusiveLock::HeldByAnother) {
        recorder.leave_to_another();
        return Ok(Exit::Clean);
    }
    let stop = listen()?;
    let (ended, rehearsal) = match settings.dry_run {
        false => (drain_watched(&queue, &mut store, settings, terminal, &stop), None),
        true => rehearse(&queue, &mut store, settings, &stop)?,
    };
    let tally = Tally { books: ended.books.clone(), calls: queue.calls(), store_retries: store.retries() };
    recorder.note(tally, None);
    let summary = summarize(ended, rehearsal, &queue, &store, started)?;
    recorder.note(Tally::from(&summary), summary.queue);
    if !settings.dry_run {
        store.prune();
    }
    tell(&summary, settings)?;
    summary.books.check().map_err(Failure::permanent)?;
    Ok(summary.ending().into())
}

/// Connects and checks the tables, so that nothing is received that could not be stored.
fn open_store(settings: &Drain, mut session: Session) -> Result<PostgresStore, Failure> {
    for finding in schema::findings(&mut session)? {
        match finding.need {
            Need::Required => return Err(Failure::permanent(finding.text)),
            Need::Advised => standard_error::warning(&finding.text),
        }
    }
    let now = OffsetDateTime::now_utc();
    let max_reject_percent = settings.run.max_reject_percent;
    let facts = RunFacts { create_date: now.date(), started_at: now, max_reject_percent };
    Ok(PostgresStore::new(session, facts))
}

fn open_queue(settings: &Drain) -> Result<SqsQueue, Failure> {
    let details = match settings.sends_dead_letters() {
        true => Details::ForSendingOn,
        false => Details::SentAt,
    };
    let limits = &settings.run.limits;
    let mut queue = connections::queue(
        &settings.queue,
        Duration::from_secs(u64::from(limits.wait_seconds)),
        limits.receivers,
        Asking { visibility_timeout: None, details },
    )?;
    if settings.sends_dead_letters() {
        let url = settings.dead_letter_queue_url.clone().map_or_else(|| redrive_target(&queue), Ok)?;
        queue.send_rejects_to(url);
    }
    Ok(queue)
}

fn take_exclusive_lock(
    settings: &Drain,
    session: Session,
    queue_url: &str,
) -> Result<ExclusiveLock, Failure> {
    let lock = ExclusiveLock::take(session, queue_url)?;
    if matches!(lock, ExclusiveLock::HeldByAnother) && !settings.quiet {
        standard_error::note("another run is draining this queue (--exclusive): leaving it to that one");
    }
    Ok(lock)
}

fn redrive_target(queue: &SqsQueue) -> Result<String, Failure> {
    match queue.attributes()?.and_then(|attributes| attributes.redrive) {
        Some(redrive) => queue.url_of_arn(&redrive.target_arn),
        None => Err(Failure::permanent(
            "--rejects dead-letter needs a queue to send to: this one has no redrive policy that we may read; \
             set --dead-letter-queue-url",
        )),
    }
}

/// The first signal ends the run in good order, the second at once.
fn listen() -> anyhow::Result<StopFlag> {
    let first = || {
        standard_error::note("stopping: finishing the open batch (a second signal stops at once)");
        thread::spawn(|| {
            thread::sleep(GRACE);
            standard_error::error(
                "stopped before all was finished; nothing is lost: what was not deleted comes back",
            );
            Exit::Early.now();
        });
    };
    let second = || {
        standard_error::error("stopped at once; nothing is lost: what was not deleted comes back");
        Exit::Early.now();
    };
    Ok(signals::listen(first, second)?)
}

fn rehearse(
    queue: &SqsQueue,
    store: &mut PostgresStore,
    settings: &Drain,
    stop: &StopFlag,
) -> Result<(Ended, Option<Rehearsal>), Failure> {
    let told = queue.attributes()?;
    let visibility = told.map_or(USUAL_VISIBILITY_TIMEOUT, |attributes| attributes.visibility_timeout);
    let (ended, rehearsal) = drain::rehearse(queue, store, &settings.run, stop, visibility);
    Ok((ended, Some(rehearsal)))
}

/// With a live line where somebody is looking.
fn drain_watched(
    queue: &SqsQueue,
    store: &mut PostgresStore,
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

/// A run that failed has no summary; what it did before is told beside the failure.
fn summarize(
    ended: Ended,
    rehearsal: Option<Rehearsal>,
    queue: &SqsQueue,
    store: &PostgresStore,
    started: Instant,
) -> Result<Summary, Failure> {
    let stopped_because = match ended.reason {
        Ok(reason) => reason,
        Err(failure) => {
            if ended.books.received > 0 {
                standard_error::note(&format!("before it failed: {}", text::progress(&ended.books)));
            }
            ended.books.check().map_err(Failure::permanent)?;
            return Err(failure);
        }
    };
    let depth = queue.attributes().ok().flatten().map(|attributes| attributes.depth);
    Ok(Summary {
        books: ended.books,
        calls: queue.calls(),
        store_retries: store.retries(),
        elapsed: started.elapsed(),
        stopped_because,
        queue: depth,
        rehearsal,
    })
}

fn tell(summary: &Summary, settings: &Drain) -> anyhow::Result<()> {
    if settings.quiet && summary.is_unremarkable() {
        return Ok(());
    }
    match settings.format {
        Format::Text => print(&text::render(summary)),
        Format::Json => print(&json::render(summary)),
    }
}
