//! The choice of the command, and what holds for all of them: where words go, panics, core dumps.

mod drain;
mod init_db;
mod manual;
mod mask;
mod peek;
mod recorder;

use std::time::Duration;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use crate::cli::{Cli, Command, DatabaseArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::postgres::{Limits, Login, Session};
use crate::screen::standard_error;
use crate::settings::{self, AwsHints};
use crate::watchdog::Watchdog;

pub fn run(cli: &Cli) -> anyhow::Result<Exit> {
    standard_error::use_format(settings::log_format(cli.log_format)?);
    match &cli.command {
        Command::Drain(args) => drain::run(args),
        Command::Peek(args) => peek::run(args),
        Command::InitDb(args) => init_db::run(args),
        Command::Mask(args) => mask::run(args),
        Command::Completions { shell } => manual::completions(*shell),
        Command::Man => manual::page(),
    }
}

/// A database that answers nothing would hold the program for ever.
fn watchdog() -> Watchdog {
    Watchdog::start(|step: &'static str, limit: Duration| {
        standard_error::error(&format!(
            "PostgreSQL did not answer for {} s while {step}; nothing is lost, the next run goes on",
            limit.as_secs()
        ));
        Exit::TryLater.now();
    })
}

/// A connection to the database, opened when it is needed.
fn open_session(args: &DatabaseArgs, hints: AwsHints) -> Result<Session, Failure> {
    let login = settings::database(args, hints)?;
    for warning in settings::database_warnings(args).iter().chain(login.target.warnings()) {
        standard_error::warning(warning);
    }
    Ok(session(args, login))
}

/// One more, without saying again what was odd about the settings.
fn open_second_session(args: &DatabaseArgs, hints: AwsHints) -> Result<Session, Failure> {
    Ok(session(args, settings::database(args, hints)?))
}

fn session(args: &DatabaseArgs, login: Login) -> Session {
    Session::new(login, watchdog(), Limits::of(Duration::from_secs(args.database_timeout)))
}

/// Bodies and keys are in memory: neither a core file nor a panic's message may carry them out.
pub fn forbid_core_dumps_and_quiet_panics() {
    let nothing = Rlimit { current: Some(0), maximum: Some(0) };
    // Where the system refuses, the run is no less right.
    let _ = setrlimit(Resource::Core, nothing);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        standard_error::error(&format!(
            "a fault of login-drain at {place}: please report it; nothing is lost"
        ));
        Exit::Failed.now();
    }));
}
