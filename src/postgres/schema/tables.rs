//! Where the tables are: found once, and then named in full by every statement.

use ::postgres::types::Type;
use ::postgres::{Client, Error};

use crate::postgres::session::Day;
use crate::postgres::statements::VersionColumn;

const OWN_SEARCH_PATH: &str = include_str!("../../../sql/own_search_path.sql");
const PIN_SEARCH_PATH: &str = include_str!("../../../sql/pin_search_path.sql");
const FIND: &str = include_str!("../../../sql/find_tables.sql");

/// What a statement must know of the tables besides their names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// The schema of `user_logins` and, beside it, of our own tables. Not quoted.
    pub schema: String,
    /// The columns of a unique key of `user_logins`, empty where it has none.
    pub unique_key: Vec<String>,
    /// The server makes letters of its own of JSON's `\u0416`.
    pub reads_escapes: bool,
    pub day: Day,
    pub version: VersionColumn,
    /// A statement can catch the failure of a row inside the server.
    pub has_plpgsql: bool,
}

/// What the search for `user_logins` came to.
pub struct Search {
    /// The schema that holds it.
    pub schema: Option<String>,
    /// The schema in which it would be made.
    pub schema_for_new: Option<String>,
    /// A schema of the search path that holds it and that this role may not enter.
    pub forbidden_schema: Option<String>,
    /// What bears the name of `user_logins` and is no table, such as `a sequence`.
    pub taken_by: Option<String>,
    pub role: String,
    /// As PostgreSQL names it, such as `UTF8`.
    pub encoding: String,
    pub reads_escapes: bool,
    pub has_plpgsql: bool,
}

/// Searches in a transaction that is open and has this role's own search_path, which it pins thereafter.
pub fn search(client: &mut Client) -> Result<Search, Error> {
    let own = client.query_typed_one(OWN_SEARCH_PATH, &[])?;
    let schemas: Vec<String> = own.try_get("schemas")?;
    let setting: String = own.try_get("setting")?;
    client.batch_execute(PIN_SEARCH_PATH)?;
    let found = client.query_typed_one(FIND, &[(&schemas, Type::TEXT_ARRAY), (&setting, Type::TEXT)])?;
    Ok(Search {
        schema: found.try_get("schema")?,
        schema_for_new: found.try_get("schema_for_new")?,
        forbidden_schema: found.try_get("forbidden_schema")?,
        taken_by: found.try_get("taken_by")?,
        role: found.try_get("role")?,
        encoding: found.try_get("encoding")?,
        reads_escapes: found.try_get("reads_escapes")?,
        has_plpgsql: found.try_get("has_plpgsql")?,
    })
}
