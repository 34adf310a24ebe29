//! Owns the tests of what an operator lives with: statements, schedules, metrics, locks.
//! Never: how a run works inside; the program is used as operators use it, through its command line.

// A wrong step may panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

#[path = "../sqs_server/server.rs"]
mod sqs_server;

mod deployment;
mod exclusive;
mod metrics;
mod place;
mod program;
mod statements;
