//! The list of tests of promises at their edges: good logins lost, personal data readable, runs that never end.

/// A table that is stricter than ours, made by the system before.
mod old_table;
