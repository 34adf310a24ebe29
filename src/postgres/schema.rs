//! The tables: the SQL that makes them, and the check that they are as the drain needs them.

mod check;

use ::postgres::Error;
use ::postgres::error::SqlState;

use super::fault::explain;
use super::session::{Connection, Session};
use crate::failure::Failure;
pub use check::{Finding, Need};

/// Numbered, forward only, each safe to run again.
const FILES: [&str; 3] = [
    include_str!("../../sql/001_user_logins.sql"),
    include_str!("../../sql/002_login_drain_ledger.sql"),
    include_str!("../../sql/003_login_drain_rejects.sql"),
];

const LOCK_CREATION: &str = include_str!("../../sql/lock_table_creation.sql");

/// `IF NOT EXISTS` makes the server tell the client what it skipped, which nobody wants to read.
const QUIET: &str = "SET LOCAL client_min_messages = warning";

/// The SQL as a person would run it by hand, in one transaction.
pub fn script() -> String {
    format!("BEGIN;\n\n{}\nCOMMIT;\n", FILES.join("\n"))
}

/// Makes what is absent, in one transaction, and then says what does not fit.
pub fn create(session: &mut Session) -> Result<Vec<Finding>, Failure> {
    let made = session.open()?.run("creating the tables", |client| {
        let mut transaction = client.transaction()?;
        transaction.batch_execute(QUIET)?;
        transaction.batch_execute(LOCK_CREATION)?;
        FILES.iter().try_for_each(|file| transaction.batch_execute(file))?;
        transaction.commit()
    });
    made.map_err(|error| not_made(&error, session.place()))?;
    findings(session)
}

/// Whoever makes tables needs other rights than the drain.
fn not_made(error: &Error, place: &str) -> Failure {
    if error.code() != Some(&SqlState::INSUFFICIENT_PRIVILEGE) {
        return explain(error, place, "could not create the tables");
    }
    Failure::permanent(format!(
        "could not create the tables at {place} (SQLSTATE 42501): this user may create none there; run \
         `login-drain init-db` as a user who may, or hand them the output of `login-drain init-db --print`"
    ))
}

/// What stands in the way of a drain; empty when all is well.
pub fn findings(session: &mut Session) -> Result<Vec<Finding>, Failure> {
    let found = find(session.open()?);
    found.map_err(|error| explain(&error, session.place(), "could not read the tables' columns"))
}

fn find(mut connection: Connection<'_>) -> Result<Vec<Finding>, Error> {
    let columns = connection.run("reading the tables' columns", check::read_columns)?;
    Ok(check::compare(&columns))
}
