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
    /// Rows may be added and read again.
    recordable: bool,
    /// The name of the primary key, and its columns.
    key_name: Option<String>,
    key_columns: Vec<String>,
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
                recordable: row.try_get("recordable")?,
                key_name: row.try_get("key_name")?,
                key_columns: row.try_get("key_columns")?,
            })
        })
        .collect()
}

const LEDGER_KEY: [&str; 2] = ["sent_at", "message_id"];

/// The statements that replace the key of the ledger, whatever it is.
fn new_key(table: &OwnTable, full: &str) -> String {
    let drop_key =
        table.key_name.as_ref().map(|key| format!("DROP CONSTRAINT {}, ", quoted(key))).unwrap_or_default();
    format!(
        "ALTER TABLE {full} {drop_key}ADD PRIMARY KEY (sent_at, message_id); CREATE INDEX IF NOT EXISTS \
         login_drain_ledger_of_1970 ON {full} (drained_at) WHERE sent_at = '1970-01-01 00:00:00+00'"
    )
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
        if table.name == "login_drain_runs" && !table.recordable {
            let text = "this user may not INSERT into and SELECT from login_drain_runs: its runs are not recorded, and \
                        `status` knows nothing of them";
            let grant = format!("GRANT INSERT, SELECT ON {} TO {}", full(table), quoted(names.role));
            findings.push(Finding::new(Weight::Note, text).cured_by(grant));
        }
        if table.name == "login_drain_ledger" && table.key_columns != LEDGER_KEY {
            let text = "the key of login_drain_ledger is not (sent_at, message_id), by which messages are known again";
            findings.push(Finding::new(Weight::RefusesAll, text).cured_by(new_key(table, &full(table))));
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
