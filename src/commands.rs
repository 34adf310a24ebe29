//! The choice of the command, and what holds for all of them: the form of lines, panics, core dumps.

mod connections;
mod drain;
mod init_db;
mod manual;
mod mask;
mod peek;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::screen::standard_error;
use crate::settings::{self, Environment};
use crate::signals::{self, Reaction};
use crate::waiting::StopFlag;

pub fn run(cli: &Cli) -> anyhow::Result<Exit> {
    let environment = Environment::read();
    standard_error::use_format(settings::log_format(cli.log_format, &environment)?);
    let end = || {
        standard_error::error("stopped by a signal");
        Exit::Early.now();
    };
    // These two hold messages, and end in their own way.
    if !matches!(cli.command, Command::Drain(_) | Command::Peek(_)) {
        signals::end_at_once(end)?;
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

/// The first signal ends the command in good order, and says so where that takes time; a second ends the program.
fn listen() -> anyhow::Result<StopFlag> {
    let stop = StopFlag::default();
    signals::listen(&stop, |reaction| match reaction {
        Reaction::Finish => standard_error::note(reaction.text()),
        Reaction::EndNow(_) => {
            standard_error::error(reaction.text());
            Exit::Early.now();
        }
    })?;
    Ok(stop)
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
