//! The list of tests of promises at their edges: good logins lost, personal data readable, runs that never end.

/// Bodies with a right answer.
mod bodies;
/// Dead-letter queues, and one lock for one queue.
mod dead_letters;
/// Databases and programs that never stop talking.
mod endless_answers;
/// Bodies made up at random.
mod generated_bodies;
/// What was not given back.
mod give_back;
/// Producers that change, and rejects of earlier runs.
mod guard;
/// Keys that protect nobody.
mod mask_keys;
/// Pipes, devices and endless files where a file is expected.
mod odd_files;
/// A table that is stricter than ours, made by the system before.
mod old_table;
/// Wrong times.
mod other_clocks;
/// Texts that steer terminals.
mod outside_texts;
/// Settings that hold a secret where nobody looks for one.
mod secrets;
/// What the database server writes down.
mod server_log;
/// Files that are not needed.
mod unopened_files;
