//! The table of runs: one row written by each, and read by those that follow.

use tokio_postgres::Error;
use tokio_postgres::types::Type;

use super::statements::Statements;
use crate::libpq::Client;
use crate::store::{PastRun, RunRecord};

pub fn record(client: &mut Client, statements: &Statements, run: &RunRecord) -> Result<u64, Error> {
    client.execute_typed(
        &statements.record_run,
        &[
            (&run.queue, Type::TEXT),
            (&run.started_at, Type::TIMESTAMPTZ),
            (&run.ended_at, Type::TIMESTAMPTZ),
            (&i16::from(run.exit_code), Type::INT2),
            (&run.stopped_because, Type::TEXT),
            (&whole(run.received), Type::INT8),
            (&whole(run.inserted), Type::INT8),
            (&whole(run.duplicates), Type::INT8),
            (&whole(run.rejected), Type::INT8),
            (&whole(run.rogue_new), Type::INT8),
            (&whole(run.refused), Type::INT8),
            (&whole(run.kept), Type::INT8),
            (&whole(run.delete_failures), Type::INT8),
            (&run.oldest_message_seconds.map(whole), Type::INT8),
            (&run.queue_visible.map(whole), Type::INT8),
            (&run.host, Type::TEXT),
            (&run.version, Type::TEXT),
        ],
    )
}

/// Newest first, until they stand for `messages`.
pub fn newest(
    client: &mut Client,
    statements: &Statements,
    queue: &str,
    messages: u64,
) -> Result<Vec<PastRun>, Error> {
    let rows = client
        .query_typed(&statements.newest_runs, &[(&queue, Type::TEXT), (&whole(messages), Type::INT8)])?;
    let mut runs = Vec::new();
    let mut found = 0;
    for row in rows {
        if found >= messages {
            break;
        }
        let run = PastRun {
            inserted: count(row.try_get("inserted")?),
            rogue: count(row.try_get("rogue_new")?),
            failed: row.try_get("failed")?,
        };
        found += run.inserted + run.rogue;
        runs.push(run);
    }
    Ok(runs)
}

fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn count(whole: i64) -> u64 {
    u64::try_from(whole).unwrap_or_default()
}
