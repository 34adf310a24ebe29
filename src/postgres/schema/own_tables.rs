//! What is to be said of our own tables, beside `user_logins`.

use ::postgres::types::Type;
use ::postgres::{Client, Error};

use super::columns::Names;
use super::judgement::{Finding, Weight};
use crate::postgres::database_error::printable;
use crate::postgres::statements::quoted;

const OWN: &str = include_str!("../../../sql/own_tables.sql");

pub struct OwnTable {
    name: String,
    unlogged: bool,
    /// An owner who is neither this user, nor the owner of user_logins, nor a superuser.
    strange_owner: Option<String>,
    deletable: bool,
}

pub fn read(client: &mut Client, schema: &str) -> Result<Vec<OwnTable>, Error> {
    let rows = client.query_typed(OWN, &[(&schema, Type::TEXT)])?;
    rows.iter()
        .map(|row| {
            Ok(OwnTable {
                name: row.try_get("name")?,
                unlogged: row.try_get("unlogged")?,
                strange_owner: row.try_get("strange_owner")?,
                deletable: row.try_get("deletable")?,
            })
        })
        .collect()
}

pub fn judge(tables: &[OwnTable], names: &Names<'_>) -> Vec<Finding> {
    let full = |table: &OwnTable| format!("{}.{}", quoted(names.schema), table.name);
    let mut findings = Vec::new();
    for table in tables {
        if table.unlogged {
            let text = format!("table {} is UNLOGGED: a crash of the server empties it", table.name);
            findings.push(
                Finding::new(Weight::Note, text).cured_by(format!("ALTER TABLE {} SET LOGGED", full(table))),
            );
        }
        if table.name == "login_drain_rejects" && !table.deletable {
            let text = "this user may not DELETE from login_drain_rejects: a login that is stored at last is no \
                        reject any more";
            let grant = format!("GRANT DELETE ON {} TO {}", full(table), quoted(names.role));
            findings.push(Finding::new(Weight::RefusesAll, text).cured_by(grant));
        }
        if let Some(owner) = &table.strange_owner {
            let text = format!(
                "table {} belongs to {}, who could run code with the rights of this user",
                table.name,
                printable(owner)
            );
            findings.push(Finding::new(Weight::Note, text));
        }
    }
    findings
}
