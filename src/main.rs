//! Owns the way from the command line to an exit code: parse, run, print one error line.
//! Never: what a command does.

mod aws;
mod batch;
mod cli;
mod commands;
mod config;
mod drain;
mod event;
mod exit;
mod failure;
mod intake;
mod mask;
mod message;
mod peek;
mod queue;
mod redact;
mod reject;
mod report;
mod row;
mod signals;
mod sqs;
mod stop;
mod store;
mod transform;
mod watchdog;

use std::process::ExitCode;

use clap::Parser;

use crate::exit::Exit;
use crate::failure::Failure;

fn main() -> ExitCode {
    commands::forbid_core_dumps_and_quiet_panics();
    match commands::run(&cli::Cli::parse().command) {
        Ok(exit) => exit.into(),
        Err(error) => {
            // An error that is no Failure comes from the operating system: nothing a later run would not meet.
            let exit = error.downcast_ref::<Failure>().map_or(Exit::Failed, |failure| failure.kind.into());
            commands::complain(&format!("{error:#}"));
            exit.into()
        }
    }
}
