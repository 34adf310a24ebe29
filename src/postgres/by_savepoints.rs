//! The insert that finds each row's fate from outside: for servers on which PL/pgSQL may not be used, and for rows that
//! fail with what otherwise means a trouble of the server. What fails here leaves a line in the server's log, unless
//! this role may quiet it.

use std::slice;
use std::time::{Duration, Instant};

use ::postgres::{Client, Error};

use super::batch_columns::{Fresh, Refused, Rows};
use super::database_error::{Fault, classify, code_of};
use super::one_by_one::{self, Manner, not_stored};
use super::session::Connection;
use super::statements::Statements;
use super::transaction;
use crate::reject::{Reason, Rejection};

const QUIET_LOG: &str = include_str!("../../sql/quiet_log.sql");
const CHECK_AT_ONCE: &str = include_str!("../../sql/check_at_once.sql");

/// So many rows more than were stored may be in doubt; with another one the server is …
const MOST_DOUBTS: usize = 10;
/// … and where none was stored, after so long: others may want the messages.
const LONGEST_DOUBT: Duration = Duration::from_secs(5);

/// Inserts all, or says which are refused: then the transaction is to be rolled back. A trouble that may be the
/// server's ends it.
pub fn insert(
    client: &mut Client,
    statements: &Statements,
    fresh: &[Fresh<'_>],
    manner: &Manner,
) -> Result<Refused, Error> {
    prepare(client, statements)?;
    let mut refused = Refused::new();
    for login in fresh {
        match try_one(client, statements, login, manner)? {
            Fate::Stored => {}
            Fate::Refused(rejection) => drop(refused.insert(login.0, rejection)),
            Fate::InDoubt(error) => return Err(error),
        }
    }
    Ok(refused)
}

/// The same, each row in a step of its own; but a trouble that comes again for the same row, and for it alone, is held
/// against that row. `witness` is a row that the server has taken before in this run.
pub fn insert_apart<'a>(
    connection: &mut Connection<'_>,
    statements: &Statements,
    fresh: &[Fresh<'a>],
    manner: &Manner,
    mut witness: Option<Fresh<'a>>,
) -> Result<Refused, Error> {
    const STEP: &str = "inserting rows one by one";
    let began = Instant::now();
    connection.run(STEP, |client| prepare(client, statements))?;
    let (mut refused, mut doubtful, mut stored) = (Refused::new(), Vec::new(), 0);
    for login in fresh {
        match connection.run(STEP, |client| try_one(client, statements, login, manner))? {
            Fate::Stored => (stored, witness) = (stored + 1, Some(*login)),
            Fate::Refused(rejection) => drop(refused.insert(login.0, rejection)),
            Fate::InDoubt(error) if stored == 0 && began.elapsed() > LONGEST_DOUBT => return Err(error),
            Fate::InDoubt(error) if !manner.known_refused && doubtful.len() == stored + MOST_DOUBTS => {
                return Err(error);
            }
            Fate::InDoubt(_) => doubtful.push(login),
        }
    }
    for login in doubtful {
        match connection.run(STEP, |client| try_one(client, statements, login, manner))? {
            Fate::Stored => {}
            Fate::Refused(rejection) => drop(refused.insert(login.0, rejection)),
            Fate::InDoubt(error) => {
                let answers =
                    |client: &mut Client| still_answers(client, statements, witness.as_ref(), manner);
                if !manner.known_refused && !connection.run(STEP, answers)? {
                    return Err(error);
                }
                refused.insert(login.0, refusal(&error));
            }
        }
    }
    Ok(refused)
}

fn prepare(client: &mut Client, statements: &Statements) -> Result<(), Error> {
    client.query_typed(QUIET_LOG, &[])?;
    client.batch_execute(CHECK_AT_ONCE)?;
    transaction::explain_insert(client, statements)
}

/// Whether the server stores, or refuses for good, what it took before; nothing of it is left.
fn still_answers(
    client: &mut Client,
    statements: &Statements,
    witness: Option<&Fresh<'_>>,
    manner: &Manner,
) -> Result<bool, Error> {
    let Some(witness) = witness else { return Ok(false) };
    client.batch_execute("SAVEPOINT witness")?;
    let fate = try_one(client, statements, witness, manner)?;
    client.batch_execute("ROLLBACK TO witness; RELEASE witness")?;
    Ok(!matches!(fate, Fate::InDoubt(_)))
}

enum Fate {
    Stored,
    Refused(Rejection),
    InDoubt(Error),
}

fn try_one(
    client: &mut Client,
    statements: &Statements,
    login: &Fresh<'_>,
    manner: &Manner,
) -> Result<Fate, Error> {
    client.batch_execute("SAVEPOINT login")?;
    match store_one(client, statements, login, manner) {
        Ok(None) => {
            client.batch_execute("RELEASE login")?;
            Ok(Fate::Stored)
        }
        Ok(Some(rejection)) => {
            client.batch_execute("ROLLBACK TO login; RELEASE login")?;
            Ok(Fate::Refused(rejection))
        }
        Err(error) if error.code().is_none() => Err(error),
        Err(error) => {
            client.batch_execute("ROLLBACK TO login; RELEASE login")?;
            Ok(match classify(&error) {
                Fault::Temporary => Fate::InDoubt(error),
                Fault::Lasting => Fate::Refused(refusal(&error)),
            })
        }
    }
}

fn store_one(
    client: &mut Client,
    statements: &Statements,
    login: &Fresh<'_>,
    manner: &Manner,
) -> Result<Option<Rejection>, Error> {
    let one = slice::from_ref(login);
    if manner.has_plpgsql {
        return Ok(one_by_one::insert(client, statements, one, manner)?.remove(&login.0));
    }
    let stored = transaction::insert(client, statements, &Rows::new(one))?;
    client.batch_execute(CHECK_AT_ONCE)?;
    Ok((stored == 0 && !manner.table_routes_rows).then(not_stored))
}

fn refusal(error: &Error) -> Rejection {
    Rejection::new(Reason::RefusedByDatabase, code_of(error))
}
