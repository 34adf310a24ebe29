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
#[cfg(test)]
mod fuzz;
mod intake;
mod mask;
mod message;
mod metrics;
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

fn main() -> ExitCode {
    commands::forbid_core_dumps_and_quiet_panics();
    match commands::run(&cli::Cli::parse()) {
        Ok(exit) => exit.into(),
        Err(error) => {
            commands::standard_error::error(&format!("{error:#}"));
            Exit::of(&error).into()
        }
    }
}
