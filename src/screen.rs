//! What is written on standard output, and the rooms for the live line and for standard error.

pub mod live_line;
mod number;
mod span;
pub mod standard_error;

use std::io::{self, IsTerminal, Write};

pub use number::number;
pub use span::span;
pub use standard_error::LogFormat;

/// Whether a terminal, where there is one, may be drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terminal {
    MayBeDrawnOn,
    Plain,
}

impl Terminal {
    pub fn may_draw_on_output(self) -> bool {
        self.may_draw_on(&io::stdout())
    }

    /// Somebody looks at this stream, and at more than plain text.
    pub fn may_draw_on(self, stream: &impl IsTerminal) -> bool {
        self == Terminal::MayBeDrawnOn && stream.is_terminal()
    }
}

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
