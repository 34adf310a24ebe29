//! The tables: the SQL that makes them, and the one judgement of how they are.

mod columns;
mod judgement;
mod own_tables;
mod partitions;
mod rules;
mod tables;

use ::postgres::error::SqlState;
use ::postgres::types::Type;
use ::postgres::{Client, Error};
use time::Date;

use super::database_error::explain;
use super::session::{Day, Session};
use super::statements::quoted;
use crate::failure::Failure;
use columns::{Column, Names};
pub use judgement::{Finding, Judgement, Weight};
use tables::Search;
pub use tables::Tables;

/// Each table and the SQL that makes it: numbered, forward only, each safe to run again.
const TABLES: [(&str, &str); 6] = [
    ("user_logins", include_str!("../../sql/001_user_logins.sql")),
    ("login_drain_ledger", include_str!("../../sql/002_login_drain_ledger.sql")),
    ("login_drain_rejects", include_str!("../../sql/003_login_drain_rejects.sql")),
    ("login_drain_runs", include_str!("../../sql/004_login_drain_runs.sql")),
    (SEALED, include_str!("../../sql/005_login_drain_sealed.sql")),
    (UNSEALED, include_str!("../../sql/006_login_drain_unsealed.sql")),
];

/// The names of all of them.
pub fn table_names() -> [&'static str; 6] {
    TABLES.map(|(name, _)| name)
}

const SEALED: &str = "login_drain_sealed";
const UNSEALED: &str = "login_drain_unsealed";

const BEGIN: &str = include_str!("../../sql/begin_inquiry.sql");
const LOCK_CREATION: &str = include_str!("../../sql/lock_table_creation.sql");
const MISSING: &str = include_str!("../../sql/missing_tables.sql");

/// What of the run the judgement depends on.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    /// The day that rows are stored under.
    pub today: Date,
    /// Characters of each mask: 64 without a mask key, 73 with one.
    pub mask_width: usize,
    /// Raw values are sealed beside each login.
    pub sealing: bool,
}

impl Expected {
    /// The drain neither reads nor writes that somebody has unsealed.
    fn uses(self, table: &str) -> bool {
        table != UNSEALED && (self.sealing || table != SEALED)
    }
}

/// How the tables are. `tables` is absent where there is no `user_logins`, which is then a finding.
pub struct Judged {
    pub tables: Option<Tables>,
    pub judgement: Judgement,
}

/// The SQL as a person would run it by hand, in one transaction.
pub fn script() -> String {
    let files = TABLES.map(|(_, sql)| sql);
    format!("BEGIN;\n\n{}\nCOMMIT;\n", files.join("\n"))
}

/// Makes what is absent, in one transaction, and then judges. A role that may make no tables does
/// well where all are there.
pub fn create(session: &mut Session, expected: Expected) -> Result<Judged, Failure> {
    let made = session.open()?.run("creating the tables", |client| {
        client.batch_execute(BEGIN)?;
        let made = make_missing(client)?;
        client.batch_execute("COMMIT")?;
        Ok(made)
    });
    match made {
        Ok(Ok(())) => judge(session, expected),
        Ok(Err(text)) => {
            let failure = format!("could not create the tables at {}: {text}", session.place());
            session.roll_back();
            Err(Failure::lasting(failure))
        }
        Err(error) => {
            session.roll_back();
            Err(not_made(&error, session.place()))
        }
    }
}

/// The inner error is what a person must do first.
fn make_missing(client: &mut Client) -> Result<Result<(), String>, Error> {
    let found = tables::search(client)?;
    if found.schema.is_none() && (found.forbidden_schema.is_some() || found.taken_by.is_some()) {
        return Ok(Err(absent(&found).text));
    }
    let Some(schema) = found.schema.or(found.schema_for_new) else {
        return Ok(Err("search_path names no schema that exists and that this user may use".to_owned()));
    };
    if missing(client, &schema)?.is_empty() {
        return Ok(Ok(()));
    }
    client.query_typed(LOCK_CREATION, &[])?;
    let missing = missing(client, &schema)?;
    // The files name no schema, so that a person can run them too. The server's own functions still come
    // first. `IF NOT EXISTS` makes it tell the client what it skipped, which nobody wants to read.
    let here = format!(
        "SET LOCAL search_path = {}, pg_temp; SET LOCAL client_min_messages = warning",
        quoted(&schema)
    );
    client.batch_execute(&here)?;
    let absent = TABLES.iter().filter(|(table, _)| missing.iter().any(|name| name == table));
    for (_, sql) in absent {
        client.batch_execute(sql)?;
    }
    Ok(Ok(()))
}

fn missing(client: &mut Client, schema: &str) -> Result<Vec<String>, Error> {
    let names = TABLES.map(|(table, _)| table);
    let rows =
        client.query_typed(MISSING, &[(&schema, Type::TEXT), (&names.as_slice(), Type::TEXT_ARRAY)])?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

fn not_entered(schema: &str, role: &str) -> String {
    let (schema, role) = (quoted(schema), quoted(role));
    format!(
        "user_logins is in the schema {schema}, which this user may not use: GRANT USAGE ON SCHEMA {schema} TO {role}"
    )
}

/// Whoever makes tables needs other rights than the drain.
fn not_made(error: &Error, place: &str) -> Failure {
    if error.code() != Some(&SqlState::INSUFFICIENT_PRIVILEGE) {
        return explain(error, place, "could not create the tables");
    }
    Failure::lasting(format!(
        "could not create the tables at {place} (SQLSTATE 42501): this user may create none there; run \
         `login-drain init-db` as a user who may, or hand them the output of `login-drain init-db --print`"
    ))
}

/// How the tables are, read in a transaction of its own that changes nothing.
pub fn judge(session: &mut Session, expected: Expected) -> Result<Judged, Failure> {
    session.run("looking at the tables", "could not look at the tables", |client| {
        client.batch_execute(BEGIN)?;
        let judged = look(client, expected)?;
        client.batch_execute("ROLLBACK")?;
        Ok(judged)
    })
}

fn look(client: &mut Client, expected: Expected) -> Result<Judged, Error> {
    let found = tables::search(client)?;
    let Some(schema) = found.schema.clone() else {
        let judgement = Judgement { findings: vec![absent(&found)] };
        return Ok(Judged { tables: None, judgement });
    };
    let mut used = TABLES.map(|(table, _)| table).to_vec();
    used.retain(|table| expected.uses(table));
    let names = Names { schema: &schema, role: &found.role };
    let columns = columns::read(client, &schema, &used)?;
    let rules = rules::read(client, &schema)?;
    let mut missing = missing(client, &schema)?;
    missing.retain(|table| expected.uses(table));
    let mut findings: Vec<Finding> = missing.iter().map(|name| not_there(name)).collect();
    let mask_width = i32::try_from(expected.mask_width).unwrap_or(i32::MAX);
    findings.extend(columns::compare(&columns, mask_width, &names));
    findings.extend(rules::judge(&rules, &schema));
    findings.extend(own_tables::judge(&own_tables::read(client, &schema)?, &names));
    findings.extend(partitions::judge(client, &schema, expected.today)?);
    findings.extend(letters(&found.encoding));
    findings.extend((!found.has_plpgsql).then(|| no_plpgsql(&found.role)));
    let tables = Tables {
        unique_key: rules::unique_key(&rules),
        has_plpgsql: found.has_plpgsql,
        reads_escapes: found.reads_escapes,
        day: if columns.iter().any(day_has_zone) { Day::MidnightInUtc } else { Day::Plain },
        version: columns::version(&columns),
        schema,
    };
    Ok(Judged { tables: Some(tables), judgement: Judgement { findings } })
}

/// The schema of the tables, in a transaction that is open; what a person must do first where there is none.
pub fn find(client: &mut Client) -> Result<Result<String, String>, Error> {
    let found = tables::search(client)?;
    Ok(found.schema.clone().ok_or_else(|| absent(&found).text))
}

fn day_has_zone(column: &Column) -> bool {
    column.table == "user_logins" && column.name == "create_date" && column.type_name == "timestamptz"
}

fn absent(found: &Search) -> Finding {
    let text = match (&found.forbidden_schema, &found.taken_by) {
        (Some(schema), _) => not_entered(schema, &found.role),
        (None, Some(kind)) => format!(
            "user_logins is {kind}, and login-drain needs a table of that name: rename it, or put a schema that has \
             none before it in search_path"
        ),
        (None, None) => "table user_logins does not exist: run `login-drain init-db`".to_owned(),
    };
    Finding::new(Weight::RefusesAll, text)
}

/// A run does without the table of runs.
fn not_there(table: &str) -> Finding {
    let weight = if table == "login_drain_runs" { Weight::Note } else { Weight::RefusesAll };
    Finding::new(weight, format!("table {table} does not exist: run `login-drain init-db`"))
}

fn no_plpgsql(role: &str) -> Finding {
    let text = "this user may not use PL/pgSQL: each login that is refused leaves a line in the server's log";
    Finding::new(Weight::Note, text).cured_by(format!("GRANT USAGE ON LANGUAGE plpgsql TO {}", quoted(role)))
}

fn letters(encoding: &str) -> Option<Finding> {
    let text = match encoding {
        "UTF8" => return None,
        "SQL_ASCII" => {
            "the encoding of the database is SQL_ASCII, which counts bytes: texts of other letters than English ones \
             are refused sooner than their length says"
                .to_owned()
        }
        other => format!("the encoding of the database is {other}: logins with letters that it lacks are refused"),
    };
    Some(Finding::new(Weight::RefusesSome, text))
}
