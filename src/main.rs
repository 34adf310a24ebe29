//! The way from the command line to an exit code: parse, run, print one error line.

mod aws;
mod batch;
mod check;
mod cli;
mod commands;
mod drain;
mod exit;
mod failure;
mod libpq;
mod mask;
mod message;
mod peek;
mod postgres;
mod printable;
mod queue;
mod reject;
mod report;
mod screen;
mod seal;
mod settings;
mod signals;
mod sqs;
mod status;
mod store;
mod verdict;
mod waiting;
mod watchdog;

use std::process::ExitCode;

use crate::exit::Exit;
use crate::failure::scarcity;

fn main() -> ExitCode {
    commands::forbid_core_dumps_and_quiet_panics();
    match commands::run() {
        Ok(exit) => exit.into(),
        Err(error) => {
            let text = format!("{error:#}");
            let advice = scarcity::advice(&text).map(|advice| format!("; {advice}")).unwrap_or_default();
            screen::standard_error::error(&format!("{text}{advice}"));
            Exit::of(&error).into()
        }
    }
}
