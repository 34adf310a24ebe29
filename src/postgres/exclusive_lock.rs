//! The lock by which one run on a queue keeps others away.

use tokio_postgres::types::Type;

use super::database_error::explain;
use super::session::{Connection, Session};
use crate::failure::Failure;

const BEGIN: &str = include_str!("../../sql/begin_exclusive_lock.sql");
const TAKE: &str = include_str!("../../sql/take_exclusive_lock.sql");

/// Who has the lock of a queue.
pub enum ExclusiveLock {
    NotAskedFor,
    /// While it lives, nobody else gets the same queue.
    Held {
        _session: Box<Session>,
    },
    HeldByAnother,
}

impl ExclusiveLock {
    /// The session is for the lock alone.
    ///
    /// The lock belongs to a transaction, not to a session: behind a pooler that deals out transactions, a
    /// session's lock would stay with the server's connection after the run, and keep every later run away.
    /// A connection that breaks gives the lock up while the run goes on, which is safe.
    pub fn take(mut session: Session, queue_url: &str) -> Result<ExclusiveLock, Failure> {
        let connection = session.open()?;
        match take(connection, queue_url) {
            Ok(true) => Ok(ExclusiveLock::Held { _session: Box::new(session) }),
            Ok(false) => Ok(ExclusiveLock::HeldByAnother),
            Err(error) => Err(explain(&error, session.place(), "could not ask for the lock of --exclusive")),
        }
    }
}

fn take(mut connection: Connection<'_>, queue_url: &str) -> Result<bool, tokio_postgres::Error> {
    connection.run("taking the lock of --exclusive", |client| {
        client.batch_execute(BEGIN)?;
        client.query_typed_one(TAKE, &[(&queue_url, Type::TEXT)])?.try_get(0)
    })
}
