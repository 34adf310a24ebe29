//! What is written on standard output, and the rooms for the live line and for standard error.

pub mod progress;
pub mod standard_error;

use std::io::{self, Write};

/// Prints the result. A reader that has gone away (`| head`) is no failure.
pub fn print(text: &str) -> anyhow::Result<()> {
    write_out(format!("{text}\n").as_bytes())
}

pub fn write_out(bytes: &[u8]) -> anyhow::Result<()> {
    match io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => {
            written.map_err(|error| anyhow::Error::new(error).context("could not write to standard output"))
        }
    }
}
