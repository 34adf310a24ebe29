//! What the drain needs of each table's columns, and the comparison with what is there.

use std::fmt;

use ::postgres::{Client, Error};

const COLUMNS: &str = include_str!("../../../sql/table_columns.sql");

/// One column as the database describes it; a table without columns to tell is one entry without a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub table: String,
    pub name: Option<String>,
    pub type_name: String,
    /// Characters that a varchar holds; `None` where there is no limit.
    pub width: Option<i32>,
    /// An insert that does not name the column would fail.
    pub blocking: bool,
    pub insertable: bool,
    pub unlogged: bool,
}

/// One thing about a table that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub need: Need,
    pub text: String,
}

/// Whether a drain can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// No row could be stored.
    Required,
    /// Some rows may be refused, or lost in a crash of the server.
    Advised,
}

struct Wanted {
    table: &'static str,
    name: &'static str,
    types: &'static [&'static str],
    width: i32,
}

const TEXTS: &[&str] = &["varchar", "text", "bpchar", "citext"];
const WHOLE_NUMBERS: &[&str] = &["int4", "int8", "numeric", "int2"];
const DAYS: &[&str] = &["date", "timestamp", "timestamptz"];

const fn wanted(
    table: &'static str,
    name: &'static str,
    types: &'static [&'static str],
    width: i32,
) -> Wanted {
    Wanted { table, name, types, width }
}

/// A mask without a key has 64 characters, one with a key 73.
const WANTED: [Wanted; 13] = [
    wanted("user_logins", "user_id", TEXTS, 128),
    wanted("user_logins", "device_type", TEXTS, 32),
    wanted("user_logins", "masked_ip", TEXTS, 73),
    wanted("user_logins", "masked_device_id", TEXTS, 73),
    wanted("user_logins", "locale", TEXTS, 32),
    wanted("user_logins", "app_version", WHOLE_NUMBERS, 0),
    wanted("user_logins", "create_date", DAYS, 0),
    wanted("login_drain_ledger", "message_id", &["uuid"], 0),
    wanted("login_drain_ledger", "sent_at", &["timestamptz"], 0),
    wanted("login_drain_rejects", "message_id", &["uuid"], 0),
    wanted("login_drain_rejects", "reason", TEXTS, 32),
    wanted("login_drain_rejects", "detail", TEXTS, 200),
    wanted("login_drain_rejects", "body", TEXTS, 20_000),
];

pub fn read_columns(client: &mut Client) -> Result<Vec<Column>, Error> {
    let rows = client.query_typed(COLUMNS, &[])?;
    rows.iter()
        .map(|row| {
            Ok(Column {
                table: row.try_get("name")?,
                name: row.try_get("column_name")?,
                type_name: row.try_get::<_, Option<String>>("type_name")?.unwrap_or_default(),
                width: row.try_get::<_, Option<i32>>("width")?.filter(|width| *width > 0),
                blocking: row.try_get::<_, Option<bool>>("blocking")?.unwrap_or_default(),
                insertable: row.try_get::<_, Option<bool>>("insertable")?.unwrap_or_default(),
                unlogged: row.try_get::<_, Option<bool>>("unlogged")?.unwrap_or_default(),
            })
        })
        .collect()
}

pub fn compare(columns: &[Column]) -> Vec<Finding> {
    ["user_logins", "login_drain_ledger", "login_drain_rejects"]
        .into_iter()
        .flat_map(|table| compare_table(table, columns))
        .collect()
}

fn compare_table(table: &str, columns: &[Column]) -> Vec<Finding> {
    let columns: Vec<&Column> = columns.iter().filter(|c| c.table == table && c.name.is_some()).collect();
    if columns.is_empty() {
        return vec![required(format!("table {table} does not exist: run `login-drain init-db`"))];
    }
    let wanted = WANTED.iter().filter(|wanted| wanted.table == table);
    let unknown = columns.iter().filter(|column| column.blocking && !is_wanted(column));
    let mut findings: Vec<Finding> = wanted.filter_map(|wanted| compare_column(wanted, &columns)).collect();
    findings.extend(unknown.map(|column| {
        required(format!("{column} is NOT NULL without a default, and login-drain does not fill it"))
    }));
    if columns.iter().any(|column| column.unlogged) {
        findings.push(advised(format!("table {table} is UNLOGGED: a crash of the server empties it")));
    }
    findings
}

fn compare_column(wanted: &Wanted, columns: &[&Column]) -> Option<Finding> {
    let Some(column) = columns.iter().find(|column| column.name.as_deref() == Some(wanted.name)) else {
        return Some(required(format!("table {} has no column {}", wanted.table, wanted.name)));
    };
    if !wanted.types.contains(&column.type_name.as_str()) {
        let found = &column.type_name;
        return Some(required(format!(
            "{column} is of type {found}, it must be {}",
            wanted.types.join(" or ")
        )));
    }
    if !column.insertable {
        return Some(required(format!("this user may not INSERT into {column}: GRANT it")));
    }
    if column.type_name == "int2" {
        return Some(advised(format!("{column} holds numbers up to 32767: larger ones will be rejects")));
    }
    match column.width {
        Some(width) if width < wanted.width => Some(advised(format!(
            "{column} holds {width} characters, it should hold {}: longer ones will be rejects",
            wanted.width
        ))),
        _ => None,
    }
}

fn is_wanted(column: &Column) -> bool {
    WANTED.iter().any(|wanted| wanted.table == column.table && Some(wanted.name) == column.name.as_deref())
}

fn required(text: String) -> Finding {
    Finding { need: Need::Required, text }
}

fn advised(text: String) -> Finding {
    Finding { need: Need::Advised, text }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}.{}", self.table, self.name.as_deref().unwrap_or("?"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_made_by_init_db() -> Vec<Column> {
        let column = |wanted: &Wanted| Column {
            table: wanted.table.to_owned(),
            name: Some(wanted.name.to_owned()),
            type_name: wanted.types[0].to_owned(),
            width: (wanted.width > 0).then_some(wanted.width),
            blocking: false,
            insertable: true,
            unlogged: false,
        };
        WANTED.iter().map(column).collect()
    }

    fn finding_after(change: impl FnOnce(&mut Vec<Column>)) -> Finding {
        let mut columns = as_made_by_init_db();
        change(&mut columns);
        let mut findings = compare(&columns);
        assert_eq!(findings.len(), 1, "{findings:?}");
        findings.remove(0)
    }

    #[test]
    fn tables_as_init_db_makes_them_have_no_findings() {
        assert_eq!(compare(&as_made_by_init_db()), []);
    }

    #[test]
    fn each_misfit_names_its_column() {
        let absent = finding_after(|columns| columns.retain(|column| column.table != "login_drain_ledger"));
        assert_eq!(absent.text, "table login_drain_ledger does not exist: run `login-drain init-db`");
        let missing = finding_after(|columns| drop(columns.remove(4)));
        assert_eq!(missing.text, "table user_logins has no column locale");
        let mistyped = finding_after(|columns| columns[5].type_name = "text".to_owned());
        assert_eq!(
            mistyped.text,
            "column user_logins.app_version is of type text, it must be int4 or int8 or numeric or int2"
        );
        let forbidden = finding_after(|columns| columns[0].insertable = false);
        assert_eq!(forbidden.text, "this user may not INSERT into column user_logins.user_id: GRANT it");
        assert_eq!(forbidden.need, Need::Required);
    }

    #[test]
    fn a_narrow_column_is_named_but_does_not_stop_a_drain() {
        let narrow = finding_after(|columns| columns[1].width = Some(10));
        assert_eq!(narrow.need, Need::Advised);
        assert!(narrow.text.starts_with("column user_logins.device_type holds 10 characters"));
        let small = finding_after(|columns| columns[5].type_name = "int2".to_owned());
        assert_eq!(small.need, Need::Advised);
    }

    #[test]
    fn an_extra_column_matters_only_if_it_must_be_filled() {
        let mut columns = as_made_by_init_db();
        columns.push(Column { name: Some("note".to_owned()), ..columns[0].clone() });
        assert_eq!(compare(&columns), []);
        let extra = columns.len() - 1;
        columns[extra].blocking = true;
        assert_eq!(compare(&columns).len(), 1);
    }
}
