//! `drain`: open store and queue, run, and tell how it ended on the screen, in the metrics and in the database.

mod exclusive;
mod metrics_record;
mod one_run;
mod opened_queue;
mod opened_store;
mod run_record;
mod told;
mod watched;

use std::time::Instant;

use super::{connections, listening};
use crate::cli::DrainArgs;
use crate::exit::{self, Exit};
use crate::failure::Failure;
use crate::report::{Summary, json};
use crate::screen::{Terminal, print};
use crate::settings::{self, Drain, Environment, Format, Metrics};
use metrics_record::MetricsRecord;

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
    told::of_settings(&settings, &login).map_err(early)?;
    let session = connections::session(&settings.database, login.clone());
    let mut opened = opened_store::open(&settings, session).map_err(early)?;
    told::of_tables(&settings, &opened, 0);
    let mut queue = settings.queue.label();
    let outcome = one_run::run(&mut settings, terminal, &mut opened.store, login, &mut queue, started);
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
        run_record::leave(&mut opened.store, &settings, &summary, &queue, code, started);
    }
    if settings.quiet {
        told::of_tables(&settings, &opened, summary.tally.books.refused);
    }
    match exit {
        Ok(exit) => {
            told::of_success(&summary, &settings).map_err(|error| (error, None))?;
            let remarks = exit::remarks(summary.stopped_because, &summary.deeds());
            Ok(End { exit, is_excused: exit.unless_excused(&remarks, &settings.excused) == Exit::Clean })
        }
        Err(error) => {
            told::before_failure(&summary, &settings);
            Err((error, Some(Box::new(summary))))
        }
    }
}
