//! The way from the command line to an exit code: parse, run, print one error line.

mod aws;
mod batch;
mod cli;
mod commands;
mod describe;
mod drain;
mod exit;
mod failure;
mod libpq;
mod login;
mod login_row;
mod mask;
mod message;
mod misplaced;
mod peek;
mod postgres;
mod printable;
mod queue;
mod read_body;
mod reject;
mod report;
mod screen;
mod settings;
mod sqs;
mod store;
mod unwrap_body;
mod verdict;
mod version;
mod watchdog;

use std::process::ExitCode;

use crate::exit::Exit;

fn main() -> ExitCode {
    commands::forbid_core_dumps_and_quiet_panics();
    match commands::run() {
        Ok(exit) => exit.into(),
        Err(error) => {
            screen::standard_error::error(&format!("{error:#}"));
            Exit::of(&error).into()
        }
    }
}
