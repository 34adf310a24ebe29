//! The list of the drain's tests, one file for each promise.

/// The queue that rogue messages go to.
mod dead_letters;
/// An existing user_logins, as strict as it may be.
mod existing_table;
/// --max-messages and --max-seconds.
mod limits;
/// What exactly is stored for a value.
mod masks;
/// --memory.
mod memory;
/// A message that comes twice is one row.
mod once;
/// --dry-run.
mod rehearsal;
/// What becomes of the messages that cannot be stored.
mod rejects;
/// SIGTERM.
mod signals;
/// What is told at the end.
mod summary;
/// A whole run on real servers.
mod whole;
