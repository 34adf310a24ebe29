//! `drain`: check the way, open queue and store, run, tell the outcome.

use std::thread;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::recorder::Recorder;
use super::{open_second_session, open_session};
use crate::cli::{DrainArgs, FormatArg, RejectsArg};
use crate::drain::intake::Limits;
use crate::drain::signals::{self, StopFlag};
use crate::drain::{self, Ended, Plan, RejectPolicy};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::postgres::exclusive_lock::Turn;
use crate::postgres::schema::{self, Need};
use crate::postgres::{PostgresStore, RunFacts};
use crate::queue::{Queue, USUAL_VISIBILITY_TIMEOUT};
use crate::report::metrics::Tally;
use crate::report::{Rehearsal, Summary, json, text};
use crate::screen::progress::Progress;
use crate::screen::{print, standard_error};
use crate::settings::{self, AwsHints, QueueSettings};
use crate::sqs::{self, Asking, Details, SqsQueue};

/// After a signal the run gets this long to finish its batch and give the rest back.
const GRACE: Duration = Duration::from_secs(9);

pub fn run(args: &DrainArgs) -> anyhow::Result<Exit> {
    let recorder = Recorder::open(args)?;
    recorder.close(run_recorded(args, &recorder))
}

fn run_recorded(args: &DrainArgs, recorder: &Recorder) -> anyhow::Result<Exit> {
    let started = Instant::now();
    settings::explain_first_run(&args.queue)?;
    let plan = plan(args)?;
    let queue_settings = settings::queue(&args.queue)?;
    let mut store = open_store(args)?;
    let mut queue = open_queue(args, queue_settings)?;
    // Held until the run has ended.
    let turn = take_turn(args, queue.identity())?;
    if matches!(turn, Turn::Anothers) {
        recorder.leave_to_another();
        return Ok(Exit::Clean);
    }
    let stop = listen()?;
    check_queue(args, &mut queue)?;
    let (ended, rehearsal) = match args.dry_run {
        false => (drain_watched(&queue, &mut store, &plan, &stop, args.quiet), None),
        true => rehearse(&queue, &mut store, &plan, &stop)?,
    };
    let tally = Tally { books: ended.books.clone(), calls: queue.calls(), store_retries: store.retries() };
    recorder.note(tally, None);
    let summary = summarize(ended, rehearsal, &queue, &store, started)?;
    recorder.note(Tally::from(&summary), summary.queue);
    if !args.dry_run {
        store.prune();
    }
    tell(&summary, args)?;
    summary.books.check().map_err(Failure::permanent)?;
    Ok(summary.ending().into())
}

fn plan(args: &DrainArgs) -> Result<Plan, Failure> {
    Ok(Plan {
        limits: Limits {
            receivers: args.receivers as usize,
            wait_seconds: args.wait_seconds,
            max_messages: args.max_messages,
            fifo: settings::queue_is_fifo(&args.queue),
        },
        batch_size: args.batch_size as usize,
        max_seconds: args.max_seconds.map(Duration::from_secs),
        rejects: match args.rejects {
            RejectsArg::Delete => RejectPolicy::Delete,
            RejectsArg::Keep => RejectPolicy::Keep,
            RejectsArg::DeadLetter => RejectPolicy::DeadLetter,
        },
        max_reject_percent: args.max_reject_percent,
        masker: settings::masker(&args.mask, &standard_error::warning)?,
    })
}

/// Connects and checks the tables, so that nothing is received that could not be stored.
fn open_store(args: &DrainArgs) -> Result<PostgresStore, Failure> {
    let mut session = open_session(&args.database, AwsHints::from(&args.queue))?;
    for finding in schema::findings(&mut session)? {
        match finding.need {
            Need::Required => return Err(Failure::permanent(finding.text)),
            Need::Advised => standard_error::warning(&finding.text),
        }
    }
    let now = OffsetDateTime::now_utc();
    let facts =
        RunFacts { create_date: now.date(), started_at: now, max_reject_percent: args.max_reject_percent };
    Ok(PostgresStore::new(session, facts))
}

fn open_queue(args: &DrainArgs, settings: QueueSettings) -> Result<SqsQueue, Failure> {
    let details = match args.rejects {
        RejectsArg::DeadLetter => Details::ForDeadLetters,
        RejectsArg::Delete | RejectsArg::Keep => Details::SentAt,
    };
    SqsQueue::open(sqs::Settings {
        endpoint: settings.endpoint,
        queue: settings.name,
        aws: settings.aws,
        longest_wait: Duration::from_secs(u64::from(args.wait_seconds)),
        in_flight: args.receivers as usize,
        asking: Asking { visibility_timeout: None, details },
    })
}

/// Before the first receive: what cannot work should not hide a message.
fn check_queue(args: &DrainArgs, queue: &mut SqsQueue) -> Result<(), Failure> {
    queue.ask_at_start()?;
    if args.rejects == RejectsArg::DeadLetter {
        queue.dead_letter_to(args.dead_letter_queue_url.as_deref())?;
    }
    Ok(())
}

fn take_turn(args: &DrainArgs, queue_url: &str) -> Result<Turn, Failure> {
    if !args.exclusive {
        return Ok(Turn::NobodyAsked);
    }
    let turn = Turn::take(open_second_session(&args.database, AwsHints::from(&args.queue))?, queue_url)?;
    if matches!(turn, Turn::Anothers) && !args.quiet {
        standard_error::note("another run is draining this queue (--exclusive): leaving it to that one");
    }
    Ok(turn)
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
    plan: &Plan,
    stop: &StopFlag,
) -> Result<(Ended, Option<Rehearsal>), Failure> {
    let told = queue.attributes()?;
    let visibility = told.map_or(USUAL_VISIBILITY_TIMEOUT, |attributes| attributes.visibility_timeout);
    let (ended, rehearsal) = drain::rehearse(queue, store, plan, stop, visibility);
    Ok((ended, Some(rehearsal)))
}

/// With a live line where somebody is looking.
fn drain_watched(
    queue: &SqsQueue,
    store: &mut PostgresStore,
    plan: &Plan,
    stop: &StopFlag,
    quiet: bool,
) -> Ended {
    let progress = Progress::start(quiet);
    let ended = drain::drain(queue, store, plan, stop, &|books| progress.show(books, queue));
    progress.finish();
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

fn tell(summary: &Summary, args: &DrainArgs) -> anyhow::Result<()> {
    if args.quiet && summary.is_unremarkable() {
        return Ok(());
    }
    match args.format {
        FormatArg::Text => print(&text::render(summary)),
        FormatArg::Json => print(&json::render(summary)),
    }
}
