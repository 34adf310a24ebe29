//! The deletion of ledger rows that no redelivery can meet any more.

use ::postgres::Error;
use ::postgres::types::Type;

use super::session::Connection;

const ASK_PRIVILEGE: &str = include_str!("../../sql/ask_prune_privilege.sql");
const PRUNE: &str = include_str!("../../sql/prune_ledger.sql");

/// No queue keeps a message longer than 14 days; one day more covers clocks that disagree.
const DAYS_KEPT: i32 = 15;

/// A role that may not delete leaves it to one that may.
pub fn prune(connection: &mut Connection<'_>) -> Result<(), Error> {
    connection.run("pruning the ledger", |client| {
        let may_prune: bool = client.query_typed_one(ASK_PRIVILEGE, &[])?.try_get(0)?;
        if may_prune {
            client.execute_typed(PRUNE, &[(&DAYS_KEPT, Type::INT4)])?;
        }
        Ok(())
    })
}
