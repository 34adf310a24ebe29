//! The names of the reasons for which a run ends.

/// Why receiving ended, as the summary and its JSON tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The queue stayed empty.
    Empty,
    MaxMessages,
    MaxSeconds,
    Signal,
    /// Another run has the lock of `--exclusive`.
    AnotherRun,
    Failed,
}

impl StopReason {
    pub fn code(self) -> &'static str {
        match self {
            StopReason::Empty => "empty",
            StopReason::MaxMessages => "max_messages",
            StopReason::MaxSeconds => "max_seconds",
            StopReason::Signal => "signal",
            StopReason::AnotherRun => "another_run",
            StopReason::Failed => "failed",
        }
    }
}
