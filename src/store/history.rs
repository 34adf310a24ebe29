//! What the table of runs tells of a queue: its last run, its last good one, and the day before that.

use time::OffsetDateTime;

/// One queue of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueHistory {
    /// As runs wrote it: the queue's identity, or its name alone where a run failed before it knew more.
    pub queue: String,
    /// Whatever it came to, but none that left the queue to another.
    pub last: Option<FinishedRun>,
    /// The last that received until the queue stayed empty or a limit was reached, and did not fail.
    pub good: Option<FinishedRun>,
    /// The day before the last good run, without that run.
    pub day_before: Day,
}

#[derive(Debug, Clone, PartialEq)]
pub struct FinishedRun {
    pub ended_at: OffsetDateTime,
    /// Since then, by the clock of the database; 0 for a run that ends in its future.
    pub age_seconds: u64,
    pub exit_code: i16,
    pub stopped_because: String,
    pub received: u64,
    pub inserted: u64,
    pub duplicates: u64,
    /// Messages that became no row: rogue ones that were new, and refused ones.
    pub rejected: u64,
    pub oldest_message_seconds: Option<u64>,
    pub queue_visible: Option<u64>,
    pub host: String,
}

/// Runs of one day together.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Day {
    pub runs: u64,
    pub received: u64,
    pub rejected: u64,
    /// The mean over its runs.
    pub oldest_message_seconds: Option<u64>,
}
