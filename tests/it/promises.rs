//! The list of tests of promises at their edges: good logins lost, personal data readable, runs that never end.

/// Bodies with a right answer.
mod bodies;
/// Bodies made up at random.
mod generated_bodies;
/// Producers that change, and rejects of earlier runs.
mod guard;
/// Keys that protect nobody.
mod mask_keys;
/// Pipes, devices and endless files where a file is expected.
mod odd_files;
/// A table that is stricter than ours, made by the system before.
mod old_table;
