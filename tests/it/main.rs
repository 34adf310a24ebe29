//! The list of outer tests: one binary, so that the servers they need are asked for once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice)]

/// Whether a drain would work.
mod check;
/// Help, usage, exit codes.
mod cli;
/// Flags, environment, files: what is taken and what is refused.
mod configuration;
/// A login from Secrets Manager, a token for RDS.
mod database_login;
/// The drain itself.
mod drain;
/// Erasing users.
mod erase;
/// One line for each thing that can go wrong.
mod errors;
/// Making and checking the tables.
mod init_db;
/// Proxies, profiles, and texts from files.
mod networks;
/// Runs that may not leave a region.
mod one_region;
/// Looking into the queue.
mod peek;
/// No raw personal value anywhere.
mod privacy;
/// PRIVACY.md against the program.
mod privacy_page;
/// What was seen to break: each kind by itself.
mod promises;
/// README against the program.
mod readme;
/// Raw values that only a private key opens.
mod seal;
/// Screens that change on purpose or not at all.
mod snapshots;
/// The health check.
mod status;
/// Servers that speak SQS in one way only.
mod strange_servers;
/// The house rules.
mod tidy;
/// Variables that stand in for flags.
mod variables;
