//! The insert that finds each row's fate from outside, for servers on which PL/pgSQL may not be used: each row that
//! fails leaves a line in the server's log, unless this role may quiet it.

use tokio_postgres::Error;

use super::batch_columns::{Fresh, Refused, Rows};
use super::database_error::{Fault, classify, code_of};
use super::one_by_one::{Manner, not_stored};
use super::statements::Statements;
use super::transaction;
use crate::libpq::Client;
use crate::reject::{Reason, Rejection};

const QUIET_LOG: &str = include_str!("../../sql/quiet_log.sql");
const CHECK_AT_ONCE: &str = include_str!("../../sql/check_at_once.sql");

/// Inserts all, or says which are refused: then the transaction is to be rolled back.
pub fn insert(
    client: &mut Client,
    statements: &Statements,
    fresh: &[Fresh<'_>],
    manner: &Manner,
) -> Result<Refused, Error> {
    client.query_typed(QUIET_LOG, &[])?;
    client.batch_execute(CHECK_AT_ONCE)?;
    transaction::explain_insert(client, statements)?;
    let mut refused = Refused::new();
    for login in fresh {
        if let Some(rejection) = try_one(client, statements, login, manner)? {
            refused.insert(login.0, rejection);
        }
    }
    Ok(refused)
}

fn try_one(
    client: &mut Client,
    statements: &Statements,
    login: &Fresh<'_>,
    manner: &Manner,
) -> Result<Option<Rejection>, Error> {
    let row = Rows::new(std::slice::from_ref(login));
    client.batch_execute("SAVEPOINT login")?;
    match transaction::insert(client, statements, &row) {
        Ok(stored) => {
            client.batch_execute("RELEASE login")?;
            Ok((stored == 0 && !manner.table_routes_rows).then(not_stored))
        }
        Err(error) if classify(&error) == Fault::Temporary => Err(error),
        Err(error) => {
            client.batch_execute("ROLLBACK TO login; RELEASE login")?;
            Ok(Some(Rejection::new(Reason::RefusedByDatabase, code_of(&error))))
        }
    }
}
