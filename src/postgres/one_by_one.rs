//! The insert that finds each row's fate inside the server, where no failure leaves a row's values in its log.

use ::postgres::types::Type;
use ::postgres::{Client, Error, Row};
use uuid::Uuid;

use super::batch_columns::{Fresh, Refused, in_ascii};
use super::database_error;
use super::statements::{Statements, VersionColumn};
use crate::reject::{Reason, Rejection};
use crate::verdict::LoginRow;

const GIVE: &str = include_str!("../../sql/give_logins.sql");
const REFUSED: &str = include_str!("../../sql/refused_logins.sql");

/// How rows are to be inserted.
pub struct Manner {
    pub version: VersionColumn,
    /// Triggers or rules store rows elsewhere, so that none stored here is no fault.
    pub table_routes_rows: bool,
    /// An earlier commit has recorded these logins as refused.
    pub known_refused: bool,
    pub has_plpgsql: bool,
    /// Where the server does not, a letter that it lacks ends the statement, and not its row alone.
    pub reads_escapes: bool,
}

/// Inserts all, or says which are refused: then the transaction is to be rolled back.
pub fn insert(
    client: &mut Client,
    statements: &Statements,
    fresh: &[Fresh<'_>],
    manner: &Manner,
) -> Result<Refused, Error> {
    let logins = written(fresh, manner);
    let ids: Vec<Uuid> = fresh.iter().map(|(id, ..)| *id).collect();
    client.query_typed(
        GIVE,
        &[(&ids, Type::UUID_ARRAY), (&logins, Type::TEXT), (&manner.table_routes_rows, Type::BOOL)],
    )?;
    client.batch_execute(&statements.insert_one_by_one)?;
    client.query_typed(REFUSED, &[])?.iter().map(refused).collect()
}

/// Of a row that a trigger or a rule drops.
pub fn not_stored() -> Rejection {
    Rejection::new(Reason::NotStored, "the server says that it stored no row")
}

fn written(fresh: &[Fresh<'_>], manner: &Manner) -> String {
    let object = |(_, row, day): &Fresh<'_>| {
        let LoginRow { user_id, device_type, masked_ip, masked_device_id, locale, app_version, .. } = row;
        let app_version = match manner.version {
            VersionColumn::Number => serde_json::Value::from(*app_version),
            VersionColumn::Text => serde_json::Value::from(&*row.version_text),
        };
        serde_json::json!({
            "user_id": user_id, "device_type": device_type, "masked_ip": masked_ip.as_str(),
            "masked_device_id": masked_device_id.as_str(), "locale": locale, "app_version": app_version,
            "create_date": day.to_string(),
        })
    };
    let text = serde_json::Value::from_iter(fresh.iter().map(object)).to_string();
    if manner.reads_escapes { in_ascii(&text) } else { text }
}

fn refused(row: &Row) -> Result<(Uuid, Rejection), Error> {
    let id = row.try_get("message_id")?;
    let state: String = row.try_get("state")?;
    if state.is_empty() {
        return Ok((id, not_stored()));
    }
    let named = [row.try_get("its_table")?, row.try_get("its_column")?, row.try_get("its_constraint")?];
    Ok((id, Rejection::new(Reason::RefusedByDatabase, database_error::code(&state, named))))
}
