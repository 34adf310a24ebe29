//! Owns the list of situations in which something goes wrong at a server, each produced for real.
//! Never: a line that a person could not act on. No line may hold a secret: the harness looks at each.

/// PostgreSQL.
mod database;
/// SQS and standard output.
mod queue;
/// A certificate.
mod untrusted;
