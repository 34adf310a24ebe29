//! The tests of what an operator lives with: statements, schedules, metrics, locks.

// A wrong step may panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod deployment;
mod exclusive;
mod metrics;
mod place;
mod program;
mod statements;
