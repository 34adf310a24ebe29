//! All that is asked of a PostgreSQL server: batches, the ledger, the tables, the lock of `--exclusive`.

mod batch_columns;
mod by_savepoints;
mod database_error;
mod earlier_rejects;
pub mod erase;
pub mod exclusive_lock;
mod histories;
mod ledger_time;
mod one_by_one;
mod prune;
mod runs;
pub mod schema;
pub mod server_facts;
mod session;
mod statements;
mod store;
mod transaction;
pub mod unseal;

pub use crate::libpq::NO_FREE_CONNECTION;
pub use batch_columns::Days;
pub use histories::histories;
pub use prune::PruneBounds;
pub use session::{Limits, Login, NewPassword, Session};
pub use store::{PostgresStore, RunFacts};

#[cfg(test)]
mod tests;
