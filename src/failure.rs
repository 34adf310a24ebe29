//! The error that ends a run: one plain sentence, and whether trying again later can help.

pub mod scarcity;

use std::fmt;

/// Why the run cannot go on. `Display` is the whole line the user reads; it says what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    pub text: String,
}

/// What the person (or scheduler) that started the run can do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Configuration, permission or schema: somebody must change something first. Exit 1.
    Lasting,
    /// A service was out of reach or mute: the next run goes on. Exit 75.
    Temporary,
    /// A service was waited for, and the waiting was ended. Exit 4.
    Stopped(StoppedBy),
}

/// What ends the waiting for a service before patience does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoppedBy {
    Signal,
    MaxSeconds,
}

impl Failure {
    pub fn lasting(text: impl Into<String>) -> Failure {
        Failure { kind: FailureKind::Lasting, text: text.into() }
    }

    pub fn temporary(text: impl Into<String>) -> Failure {
        Failure { kind: FailureKind::Temporary, text: text.into() }
    }

    pub fn is_temporary(&self) -> bool {
        self.kind == FailureKind::Temporary
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {}
