//! The reading of sealed values, which is recorded in the same transaction: nothing is read that no row tells of.

use time::OffsetDateTime;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::database_error::explain;
use super::schema;
use super::session::{Day, Session, Unsure};
use super::statements::quoted;
use super::transaction::{Relies, commit};
use crate::failure::Failure;
use crate::libpq::Client;

const READ: &str = include_str!("../../sql/read_sealed.sql");
const RECORD: &str = include_str!("../../sql/record_unseal.sql");

/// A stored login with its raw values, still encrypted.
pub struct SealedLogin {
    pub message_id: Uuid,
    pub user_id: String,
    pub sealed: Vec<u8>,
    pub sealed_at: OffsetDateTime,
}

/// What is sealed of some users or messages; an id may be of either.
pub fn read(session: &mut Session, ids: &[String]) -> Result<Vec<SealedLogin>, Failure> {
    let outcome = one_transaction(session, ids)?;
    outcome.map_err(|problem| {
        session.roll_back();
        let place = session.place();
        match problem {
            Problem::NotFound(text) => Failure::lasting(format!("{text} (at {place})")),
            Problem::Unsure(Unsure::Failed(error)) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
                Failure::lasting(format!(
                    "this user may not read sealed values at {place} (SQLSTATE 42501): run it as login_drain_unseal, \
                     which sql/operator/grants.sql makes, or as the owner"
                ))
            }
            Problem::Unsure(Unsure::Failed(error)) => explain(&error, place, "could not read sealed values"),
            Problem::Unsure(Unsure::NotWaitedFor) => Failure::temporary(
                "the server gave up waiting for its synchronous standby: nothing was unsealed, run this again",
            ),
        }
    })
}

enum Problem {
    NotFound(String),
    Unsure(Unsure),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Problem {
        Problem::Unsure(Unsure::Failed(error))
    }
}

fn one_transaction(
    session: &mut Session,
    ids: &[String],
) -> Result<Result<Vec<SealedLogin>, Problem>, Failure> {
    let mut connection = session.open()?;
    let mut read = || -> Result<Vec<SealedLogin>, Problem> {
        connection.begin(Day::Plain)?;
        let logins = connection.run("reading sealed values", |client| read_and_record(client, ids))?;
        let logins = logins.map_err(Problem::NotFound)?;
        connection.commit(|client| commit(client, Relies::OnItself)).map_err(Problem::Unsure)?;
        Ok(logins)
    };
    Ok(read())
}

fn read_and_record(client: &mut Client, ids: &[String]) -> Result<Result<Vec<SealedLogin>, String>, Error> {
    let schema = match schema::find(client)? {
        Ok(schema) => quoted(&schema),
        Err(text) => return Ok(Err(text)),
    };
    // A policy that hides rows from this role makes the statement fail, instead of telling half of them.
    client.batch_execute("SET LOCAL row_security = off")?;
    let messages: Vec<Uuid> = ids.iter().filter_map(|id| Uuid::parse_str(id).ok()).collect();
    let rows = client.query_typed(
        &READ.replace("{schema}", &schema),
        &[(&ids, Type::TEXT_ARRAY), (&messages, Type::UUID_ARRAY)],
    )?;
    let logins = rows
        .iter()
        .map(|row| {
            Ok(SealedLogin {
                message_id: row.try_get("message_id")?,
                user_id: row.try_get("user_id")?,
                sealed: row.try_get("sealed")?,
                sealed_at: row.try_get("sealed_at")?,
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let counts = [ids.len(), logins.len()].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
    client.execute_typed(
        &RECORD.replace("{schema}", &schema),
        &[(&counts[0], Type::INT8), (&counts[1], Type::INT8)],
    )?;
    Ok(Ok(logins))
}
