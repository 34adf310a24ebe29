//! The lock by which one run on a queue keeps others away.

use ::postgres::types::Type;

use super::{Connection, Session, explain};
use crate::failure::Failure;

const TAKE_TURNS: &str = include_str!("../../sql/take_turns.sql");

/// It is idle on purpose until the run ends. It has no snapshot, so it holds back no vacuum.
const BEGIN: &str = "BEGIN READ ONLY; SET LOCAL idle_in_transaction_session_timeout = 0";

/// Whose turn it is on a queue.
pub enum Turn {
    NobodyAsked,
    /// While it lives, nobody else gets the same queue.
    Ours {
        _session: Box<Session>,
    },
    Anothers,
}

impl Turn {
    /// The session is for the lock alone.
    ///
    /// The lock belongs to a transaction, not to a session: behind a pooler that deals out transactions, a
    /// session's lock would stay with the server's connection after the run, and keep every later run away.
    /// A connection that breaks gives the lock up while the run goes on, which is safe.
    pub fn take(mut session: Session, queue_url: &str) -> Result<Turn, Failure> {
        let connection = session.open()?;
        match ask(connection, queue_url) {
            Ok(true) => Ok(Turn::Ours { _session: Box::new(session) }),
            Ok(false) => Ok(Turn::Anothers),
            Err(error) => Err(explain(&error, session.place(), "could not ask for the lock of --exclusive")),
        }
    }
}

fn ask(mut connection: Connection<'_>, queue_url: &str) -> Result<bool, ::postgres::Error> {
    connection.run("taking the lock of --exclusive", |client| {
        client.batch_execute(BEGIN)?;
        client.query_typed_one(TAKE_TURNS, &[(&queue_url, Type::TEXT)])?.try_get(0)
    })
}
