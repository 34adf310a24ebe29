//! What may be remarked of a run that did not fail, and that somebody may want to count as success.

use clap::ValueEnum;

/// What keeps a run from the exit code 0, in the words of `--exit-zero-on`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Remark {
    /// Messages that are no logins
    Rejects,
    /// Messages that may be logins and could not be stored
    Refused,
    /// Messages that could not be deleted or given back
    DeleteFailures,
    /// A limit or a signal ended the run early
    Stopped,
}
