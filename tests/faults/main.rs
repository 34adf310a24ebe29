//! The list of stories in which something breaks while the real program runs: SQS (in memory, told to
//! misbehave), PostgreSQL (the real one, behind a proxy that cuts where told), or the program itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice)]

mod books;
mod broken_replies;
mod cut_database;
mod deletes;
mod extent;
mod gateways;
mod hostile_bodies;
mod kills;
mod lost_commits;
mod mute_database;
mod outputs;
mod patience;
mod privacy;
mod receives;
mod refused_rows;
mod scarcity;
mod scene;
mod several_drainers;
mod signals;

mod soak;
mod standby;
mod steps;
