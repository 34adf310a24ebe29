//! The question what the table of runs tells of each queue, for a role that may read that table alone.

use tokio_postgres::error::SqlState;
use tokio_postgres::{Error, Row};

use super::database_error::explain;
use super::schema;
use super::session::Session;
use super::statements::quoted;
use crate::failure::Failure;
use crate::libpq::Client;
use crate::store::{Day, FinishedRun, QueueHistory};

const BEGIN: &str = include_str!("../../sql/begin_inquiry.sql");
const HISTORIES: &str = include_str!("../../sql/run_histories.sql");

/// In the order of the queues' names. Nothing is changed; a standby will do.
pub fn histories(session: &mut Session) -> Result<Vec<QueueHistory>, Failure> {
    let read = session.open()?.run("reading the table of runs", |client| {
        client.batch_execute(BEGIN)?;
        let read = read(client)?;
        client.batch_execute("ROLLBACK")?;
        Ok(read)
    });
    let place = session.place();
    match read {
        Ok(Ok(histories)) => Ok(histories),
        Ok(Err(text)) => {
            Err(Failure::lasting(format!("could not read the table of runs at {place}: {text}")))
        }
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Err(Failure::lasting(format!(
            "could not read the table of runs at {place}: table login_drain_runs does not exist: run `login-drain \
             init-db`"
        ))),
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            Err(Failure::lasting(format!(
                "this user may not read login_drain_runs at {place}: grant it what sql/operator/grants.sql grants to \
             login_drain_status"
            )))
        }
        Err(error) => Err(explain(&error, place, "could not read the table of runs")),
    }
}

/// The inner error is what a person must do first.
fn read(client: &mut Client) -> Result<Result<Vec<QueueHistory>, String>, Error> {
    let schema = match schema::find(client)? {
        Ok(schema) => schema,
        Err(text) => return Ok(Err(text)),
    };
    let rows = client.query_typed(&HISTORIES.replace("{schema}", &quoted(&schema)), &[])?;
    let mut histories: Vec<QueueHistory> = Vec::new();
    for row in rows {
        let queue: String = row.try_get("queue")?;
        if histories.last().is_none_or(|history| history.queue != queue) {
            histories.push(QueueHistory { queue, last: None, good: None, day_before: Day::default() });
        }
        let Some(history) = histories.last_mut() else { continue };
        match row.try_get("good")? {
            true => (history.good, history.day_before) = (run(&row)?, day(&row)?),
            false => history.last = run(&row)?,
        }
    }
    Ok(Ok(histories))
}

fn run(row: &Row) -> Result<Option<FinishedRun>, Error> {
    let Some(ended_at) = row.try_get("ended_at")? else { return Ok(None) };
    Ok(Some(FinishedRun {
        ended_at,
        age_seconds: count(row.try_get("age")?),
        exit_code: row.try_get("exit_code")?,
        stopped_because: row.try_get("stopped_because")?,
        received: count(row.try_get("received")?),
        inserted: count(row.try_get("inserted")?),
        duplicates: count(row.try_get("duplicates")?),
        rejected: count(row.try_get("rejected")?),
        oldest_message_seconds: row.try_get::<_, Option<i64>>("oldest_message_seconds")?.map(count),
        queue_visible: row.try_get::<_, Option<i64>>("queue_visible")?.map(count),
        host: row.try_get("host")?,
    }))
}

fn day(row: &Row) -> Result<Day, Error> {
    Ok(Day {
        runs: count(row.try_get("day_runs")?),
        received: count(row.try_get("day_received")?),
        rejected: count(row.try_get("day_rejected")?),
        oldest_message_seconds: row.try_get::<_, Option<i64>>("day_oldest")?.map(count),
    })
}

fn count(whole: i64) -> u64 {
    u64::try_from(whole).unwrap_or_default()
}
