//! Owns the proof that every credential source works and that threads share one set.
//! Never: a real AWS service, or the environment of the machine that runs the tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod refusals;
mod scene;
mod sharing;
mod sources;
mod standin;
