//! The deletion of what nobody needs any more: ledger rows that no redelivery can meet, old runs, sealed values whose
//! time is over.

use std::time::{Duration, Instant};

use ::postgres::Error;
use ::postgres::types::{ToSql, Type};
use time::OffsetDateTime;
use uuid::Uuid;

use super::ledger_time::WITHOUT_TIME;
use super::session::Connection;
use super::statements::Statements;

const ASK_PRIVILEGE: &str = include_str!("../../sql/ask_prune_privilege.sql");

/// No queue keeps a message longer than 14 days; one day more covers clocks that disagree.
const LEDGER_DAYS: i32 = 15;
/// A message without a time of its own may have spent the longest time on a queue, was stored there, and may come
/// again for as long from its dead-letter queue.
const DAYS_OF_1970: i32 = 29;
/// A year and a month of runs can be compared.
const RUNS_DAYS: i32 = 400;

/// Rows of one transaction: a long one would hold back vacuum and replicas.
const AT_ONCE: i64 = 10_000;

/// When pruning ends though old rows are left. Rows of one transaction are always deleted.
pub struct PruneBounds<'a> {
    pub asked_to_stop: &'a dyn Fn() -> bool,
    /// Otherwise so many rows of each table are deleted, however long that takes …
    pub rows: u64,
    /// … and as many as there are in this time.
    pub time: Duration,
}

/// A role that may not delete leaves it to one that may.
pub fn prune(
    connection: &mut Connection<'_>,
    statements: &Statements,
    schema: &str,
    seal_days: u16,
    bounds: &PruneBounds<'_>,
) -> Result<(), Error> {
    let tables = connection.run("pruning", |client| {
        let rows = client.query_typed(ASK_PRIVILEGE, &[(&schema, Type::TEXT)])?;
        rows.iter().map(|row| row.try_get("name")).collect::<Result<Vec<String>, Error>>()
    })?;
    let may_prune = |table: &str| tables.iter().any(|name| name == table);
    let mut pruning = Pruning { connection, bounds, began: Instant::now() };
    if may_prune("login_drain_runs") {
        pruning.delete(&statements.prune_runs, &[(&RUNS_DAYS, Type::INT4)])?;
    }
    if may_prune("login_drain_sealed") {
        pruning.some_at_a_time(&statements.prune_sealed, seal_days.into())?;
    }
    if may_prune("login_drain_ledger") && pruning.ledger_by_key(statements)? {
        pruning.some_at_a_time(&statements.prune_ledger_of_1970, DAYS_OF_1970)?;
    }
    Ok(())
}

struct Pruning<'a, 'c> {
    connection: &'a mut Connection<'c>,
    bounds: &'a PruneBounds<'a>,
    began: Instant,
}

impl Pruning<'_, '_> {
    /// In one transaction; the number of rows.
    fn delete(&mut self, statement: &str, parameters: &[(&(dyn ToSql + Sync), Type)]) -> Result<u64, Error> {
        self.connection.run("pruning", |client| client.execute_typed(statement, parameters))
    }

    /// Whether a table of which so many rows are deleted may lose more.
    fn goes_on(&self, deleted: u64) -> bool {
        let due = deleted < self.bounds.rows || self.began.elapsed() < self.bounds.time;
        due && !(self.bounds.asked_to_stop)()
    }

    fn some_at_a_time(&mut self, statement: &str, days: i32) -> Result<(), Error> {
        let mut deleted = 0;
        loop {
            let now = self.delete(statement, &[(&days, Type::INT4), (&AT_ONCE, Type::INT8)])?;
            deleted += now;
            if now < AT_ONCE as u64 || !self.goes_on(deleted) {
                return Ok(());
            }
        }
    }

    /// From the left edge of the index to the right, so that rows which stay are met once. True where all is done.
    fn ledger_by_key(&mut self, statements: &Statements) -> Result<bool, Error> {
        let (mut after, mut deleted) = ((WITHOUT_TIME, Uuid::max()), 0);
        loop {
            let old = self.connection.run("pruning", |client| {
                client.query_typed(
                    &statements.old_in_ledger,
                    &[
                        (&LEDGER_DAYS, Type::INT4),
                        (&after.0, Type::TIMESTAMPTZ),
                        (&after.1, Type::UUID),
                        (&AT_ONCE, Type::INT8),
                    ],
                )
            })?;
            let Some(row) = old.first() else { return Ok(true) };
            let last: (OffsetDateTime, Uuid) = (row.try_get("sent_at")?, row.try_get("message_id")?);
            deleted += self.delete(
                &statements.prune_ledger,
                &[
                    (&LEDGER_DAYS, Type::INT4),
                    (&after.0, Type::TIMESTAMPTZ),
                    (&after.1, Type::UUID),
                    (&last.0, Type::TIMESTAMPTZ),
                    (&last.1, Type::UUID),
                ],
            )?;
            after = last;
            if !self.goes_on(deleted) {
                return Ok(false);
            }
        }
    }
}
