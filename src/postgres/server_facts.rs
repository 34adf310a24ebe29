//! What a server tells of itself to somebody who wants to drain into it. Nothing is changed.

use tokio_postgres::types::Type;
use tokio_postgres::{Error, Row};

use super::database_error::explain;
use super::session::Session;
use super::statements::quoted;
use crate::failure::Failure;
use crate::libpq::Client;

const BEGIN: &str = include_str!("../../sql/begin_inquiry.sql");
const PIN_SEARCH_PATH: &str = include_str!("../../sql/pin_search_path.sql");
const FACTS: &str = include_str!("../../sql/server_facts.sql");
const LOGGED: &str = include_str!("../../sql/logged_parameters.sql");
const LEDGER_AGE: &str = include_str!("../../sql/ledger_age.sql");

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerFacts {
    /// Such as `15.4 (Debian 15.4-1)`.
    pub version: String,
    /// Such as 150004.
    pub version_number: i32,
    pub role: String,
    pub is_superuser: bool,
    pub is_standby: bool,
    pub is_read_only: bool,
    /// The settings by which statements are logged with their parameters.
    pub logged_by: Vec<String>,
    pub logs_failing_parameters: bool,
    /// `None` where there is none.
    pub ledger: Option<Ledger>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ledger {
    /// With its indexes.
    pub bytes: u64,
    /// An estimate of the server's; `None` where it has never counted.
    pub rows: Option<u64>,
    /// Since the oldest entry; `None` where there is none, or this user may not see it.
    pub days: Option<u64>,
}

impl ServerFacts {
    pub fn quoted_role(&self) -> String {
        quoted(&self.role)
    }
}

/// `schema` is where the tables are.
pub fn ask(session: &mut Session, schema: Option<&str>) -> Result<ServerFacts, Failure> {
    let told = session.open()?.run("asking the server what it is", |client| {
        client.batch_execute(BEGIN)?;
        client.batch_execute(PIN_SEARCH_PATH)?;
        let facts = read(client, schema)?;
        client.batch_execute("ROLLBACK")?;
        Ok(facts)
    });
    told.map_err(|error| explain(&error, session.place(), "could not ask the server what it is"))
}

fn read(client: &mut Client, schema: Option<&str>) -> Result<ServerFacts, Error> {
    let row = client.query_typed_one(FACTS, &[(&schema, Type::TEXT)])?;
    let logged = client.query_typed(LOGGED, &[])?;
    let fails = row.try_get::<_, bool>("logs_failing_statements")?;
    Ok(ServerFacts {
        version: row.try_get("version")?,
        version_number: row.try_get("version_number")?,
        role: row.try_get("role")?,
        is_superuser: row.try_get("is_superuser")?,
        is_standby: row.try_get("is_standby")?,
        is_read_only: row.try_get("is_read_only")?,
        logged_by: logged.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?,
        logs_failing_parameters: fails && row.try_get::<_, bool>("logs_failing_parameters")?,
        ledger: ledger(client, &row, schema)?,
    })
}

fn ledger(client: &mut Client, row: &Row, schema: Option<&str>) -> Result<Option<Ledger>, Error> {
    let (Some(bytes), Some(schema)) = (row.try_get::<_, Option<i64>>("ledger_bytes")?, schema) else {
        return Ok(None);
    };
    let count = |whole: i64| u64::try_from(whole).ok();
    let days: Option<i64> = match row.try_get("may_see_ledger_age")? {
        true => {
            client.query_typed_one(&LEDGER_AGE.replace("{schema}", &quoted(schema)), &[])?.try_get("days")?
        }
        false => None,
    };
    Ok(Some(Ledger {
        bytes: count(bytes).unwrap_or_default(),
        rows: count(row.try_get("ledger_rows")?),
        days: days.and_then(count),
    }))
}
