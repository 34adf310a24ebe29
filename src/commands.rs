//! The choice of the command, and what holds for all of them: the form of lines, panics, core dumps.

mod check;
mod connections;
mod drain;
mod erase;
mod given_ids;
mod init_db;
mod listening;
mod manual;
mod mask;
mod peek;
mod status;
mod unseal;

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::cli::{self, Command};
use crate::exit::Exit;
use crate::failure::scarcity;
use crate::screen::standard_error;
use crate::settings::Environment;
use crate::signals;

pub fn run() -> anyhow::Result<Exit> {
    let environment = Environment::read();
    let asked = cli::read(&|name| environment.get(name));
    standard_error::use_format(asked.cli.log_format);
    // These end in their own way.
    if !matches!(asked.cli.command, Command::Drain(_) | Command::Peek(_) | Command::Erase(_)) {
        listening::to_end_at_once()?;
    }
    let environment = environment.standing_in(asked.stand_ins, asked.wrong);
    match &asked.cli.command {
        Command::Drain(args) => drain::run(args, &environment),
        Command::Peek(args) => peek::run(args, &environment),
        Command::InitDb(args) => init_db::run(args, &environment),
        Command::Erase(args) => erase::run(args, &environment),
        Command::Check(args) => check::run(args, &environment),
        Command::Status(args) => status::run(args, &environment),
        Command::Unseal(args) => unseal::run(args, &environment),
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
    // Nor may a debugger that comes later; other systems than Linux have no word for that.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    signals::end_instead_of_abort(Exit::TryLater as i32);
    std::panic::set_hook(Box::new(|panic| {
        // The standard library, and others by it, answer so where the system gives no more of something.
        if let Some(advice) = panic.payload_as_str().and_then(scarcity::advice) {
            standard_error::error(&format!(
                "the system has no more to give to this program: {advice}; nothing is lost, the next run goes on"
            ));
            Exit::TryLater.now();
        }
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        standard_error::error(&format!(
            "a fault of login-drain at {place}: please report it; nothing is lost"
        ));
        Exit::Failed.now();
    }));
}
