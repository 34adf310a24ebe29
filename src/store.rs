//! The seam to the database: its traits and words, and the stores besides PostgreSQL.

pub mod answering;
#[cfg(test)]
pub mod memory;
mod seam;

pub use seam::{Committed, Ledger, Outcome, PastRun, RunRecord, Settled, Store, outcome_of_reject};
