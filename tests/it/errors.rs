//! The list of situations in which something goes wrong at a server, each produced for real.

/// PostgreSQL.
mod database;
/// Messages that stay hidden.
mod give_back;
/// SQS and standard output.
/// Poolers and limits of connections.
mod poolers;
mod queue;
/// What answers and is no SQS.
mod strangers;
/// A certificate.
mod untrusted;
