//! The proof that every credential source works and that threads share one set.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod refusals;
mod scene;
mod sharing;
mod sources;
mod standin;
