//! The seam to the database: its traits and words, and the stores besides PostgreSQL.

pub mod answering;
mod history;
#[cfg(test)]
pub mod memory;
mod seam;

pub use history::{Day, FinishedRun, QueueHistory};
pub use seam::{Committed, Ledger, Outcome, PastRun, RunRecord, Settled, Store, outcome_of_reject};
