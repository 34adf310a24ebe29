//! The deletion of what nobody needs any more: ledger rows that no redelivery can meet, old runs, sealed values whose
//! time is over.

use std::time::{Duration, Instant};

use time::OffsetDateTime;
use tokio_postgres::Error;
use tokio_postgres::types::Type;
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
    /// Otherwise so many rows are deleted, however long that takes …
    pub rows: u64,
    /// … and as many as there are in this time.
    pub time: Duration,
}

/// A role that may not delete leaves it to one that may. The number of ledger rows deleted.
pub fn prune(
    connection: &mut Connection<'_>,
    statements: &Statements,
    schema: &str,
    seal_days: u16,
    bounds: &PruneBounds<'_>,
) -> Result<u64, Error> {
    let tables = connection.run("pruning", |client| {
        let rows = client.query_typed(ASK_PRIVILEGE, &[(&schema, Type::TEXT)])?;
        rows.iter().map(|row| row.try_get("name")).collect::<Result<Vec<String>, Error>>()
    })?;
    let may_prune = |table: &str| tables.iter().any(|name| name == table);
    for (table, statement, days) in [
        ("login_drain_runs", &statements.prune_runs, RUNS_DAYS),
        ("login_drain_sealed", &statements.prune_sealed, i32::from(seal_days)),
    ] {
        if may_prune(table) {
            connection.run("pruning", |client| client.execute_typed(statement, &[(&days, Type::INT4)]))?;
        }
    }
    let mut pruning = Pruning { connection, statements, bounds, began: Instant::now(), deleted: 0 };
    if may_prune("login_drain_ledger") && pruning.by_key()? {
        pruning.of_1970()?;
    }
    Ok(pruning.deleted)
}

struct Pruning<'a, 'c> {
    connection: &'a mut Connection<'c>,
    statements: &'a Statements,
    bounds: &'a PruneBounds<'a>,
    began: Instant,
    deleted: u64,
}

impl Pruning<'_, '_> {
    fn goes_on(&self) -> bool {
        let due = self.deleted < self.bounds.rows || self.began.elapsed() < self.bounds.time;
        due && !(self.bounds.asked_to_stop)()
    }

    /// From the left edge of the index to the right, so that rows which stay are met once. True where all is done.
    fn by_key(&mut self) -> Result<bool, Error> {
        let mut after = (WITHOUT_TIME, Uuid::max());
        loop {
            let old = self.connection.run("pruning", |client| {
                client.query_typed(
                    &self.statements.old_in_ledger,
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
            self.deleted += self.connection.run("pruning", |client| {
                client.execute_typed(
                    &self.statements.prune_ledger,
                    &[
                        (&LEDGER_DAYS, Type::INT4),
                        (&after.0, Type::TIMESTAMPTZ),
                        (&after.1, Type::UUID),
                        (&last.0, Type::TIMESTAMPTZ),
                        (&last.1, Type::UUID),
                    ],
                )
            })?;
            after = last;
            if !self.goes_on() {
                return Ok(false);
            }
        }
    }

    fn of_1970(&mut self) -> Result<(), Error> {
        loop {
            let deleted = self.connection.run("pruning", |client| {
                client.execute_typed(
                    &self.statements.prune_ledger_of_1970,
                    &[(&DAYS_OF_1970, Type::INT4), (&AT_ONCE, Type::INT8)],
                )
            })?;
            self.deleted += deleted;
            if deleted < AT_ONCE as u64 || !self.goes_on() {
                return Ok(());
            }
        }
    }
}
