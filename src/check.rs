//! What a look at everything that a drain needs has found, as text and as JSON.

pub mod json;
pub mod text;

use crate::failure::{Failure, FailureKind};

/// All findings, in the order in which a drain meets what they are about.
#[derive(Debug, Default)]
pub struct Report {
    pub findings: Vec<Finding>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// In a word or two, such as `queue`.
    pub about: &'static str,
    pub state: State,
    /// Without secrets.
    pub text: String,
    /// What to do about it.
    pub cure: Option<String>,
}

/// How a finding bears on a drain, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Well,
    /// Worth knowing; a drain works all the same.
    Note,
    /// A drain works, and not as somebody may wish.
    Warning,
    /// It did not answer: nobody knows.
    OutOfReach,
    /// A drain would fail, or lose sight of something.
    Problem,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Well => "ok",
            State::Note => "note",
            State::Warning => "warning",
            State::OutOfReach => "out of reach",
            State::Problem => "problem",
        }
    }
}

impl Report {
    pub fn count(&self, state: State) -> usize {
        self.findings.iter().filter(|finding| finding.state == state).count()
    }
}

impl Finding {
    pub fn new(about: &'static str, state: State, text: impl Into<String>) -> Finding {
        Finding { about, state, text: text.into(), cure: None }
    }

    pub fn cured_by(mut self, cure: impl Into<String>) -> Finding {
        self.cure = Some(cure.into());
        self
    }

    /// The sentence of a failure that lasts says itself what to do.
    pub fn of_failure(about: &'static str, failure: &Failure) -> Finding {
        let text = failure.text.replace("; nothing is lost, the next run goes on", "");
        match failure.kind {
            FailureKind::Lasting => Finding::new(about, State::Problem, text),
            FailureKind::Temporary | FailureKind::Stopped(_) => Finding::new(about, State::OutOfReach, text)
                .cured_by(
                    "run this again in a minute; if it stays so, see that it is up, and that this machine may reach it",
                ),
        }
    }
}
