//! The choice of the command, and what holds for all of them: the form of lines, panics, core dumps.

mod connections;
mod drain;
mod init_db;
mod listening;
mod manual;
mod mask;
mod peek;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::screen::standard_error;
use crate::settings::{self, Environment};

pub fn run(cli: &Cli) -> anyhow::Result<Exit> {
    let environment = Environment::read();
    standard_error::use_format(settings::log_format(cli.log_format, &environment)?);
    // These two hold messages, and end in their own way.
    if !matches!(cli.command, Command::Drain(_) | Command::Peek(_)) {
        listening::to_end_at_once()?;
    }
    match &cli.command {
        Command::Drain(args) => drain::run(args, &environment),
        Command::Peek(args) => peek::run(args, &environment),
        Command::InitDb(args) => init_db::run(args, &environment),
        Command::Mask(args) => mask::run(args, &environment),
        Command::Completions { shell } => manual::completions(*shell),
        Command::Man => manual::page(),
    }
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
