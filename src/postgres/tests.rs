//! The room on a real server: what becomes of batches, what the judgement finds, what strangers can do.

mod judgement;
mod pruning;
mod refused_logins;
mod runs;
mod scratch;
mod strangers;
mod undisturbed;
