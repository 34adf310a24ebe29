//! The tests of what an operator lives with: statements, schedules, metrics, locks.

// A wrong step may panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod deployment;
mod exclusive;
mod interop;
mod metrics;
mod package;
mod statements;

const USER: &str = "424cdd21-063a-43a7-b91b-7ca1a833afae";

/// A login that is stored as it should be.
fn login() -> String {
    kit::login(USER)
}

/// The same user, and a version that is none.
fn reject() -> String {
    kit::login_with(USER, &[("app_version", "two".into())])
}
