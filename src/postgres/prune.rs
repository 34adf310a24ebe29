//! The deletion of what nobody needs any more: ledger rows that no redelivery can meet, old runs, sealed values whose
//! time is over.

use ::postgres::Error;
use ::postgres::types::Type;

use super::session::Connection;
use super::statements::Statements;

const ASK_PRIVILEGE: &str = include_str!("../../sql/ask_prune_privilege.sql");

/// No queue keeps a message longer than 14 days; one day more covers clocks that disagree.
const LEDGER_DAYS: i32 = 15;
/// A year and a month of runs can be compared.
const RUNS_DAYS: i32 = 400;

/// A role that may not delete leaves it to one that may.
pub fn prune(
    connection: &mut Connection<'_>,
    statements: &Statements,
    schema: &str,
    seal_days: u16,
) -> Result<(), Error> {
    connection.run("pruning", |client| {
        for table in client.query_typed(ASK_PRIVILEGE, &[(&schema, Type::TEXT)])? {
            match table.try_get("name")? {
                "login_drain_ledger" => {
                    client.execute_typed(&statements.prune_ledger, &[(&LEDGER_DAYS, Type::INT4)])?
                }
                "login_drain_sealed" => {
                    client.execute_typed(&statements.prune_sealed, &[(&i32::from(seal_days), Type::INT4)])?
                }
                _ => client.execute_typed(&statements.prune_runs, &[(&RUNS_DAYS, Type::INT4)])?,
            };
        }
        Ok(())
    })
}
