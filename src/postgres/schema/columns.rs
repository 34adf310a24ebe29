//! What the drain needs of each table's columns, and the comparison with what is there.

use ::postgres::types::Type;
use ::postgres::{Client, Error};

use super::judgement::{Finding, Weight};
use crate::postgres::statements::{VersionColumn, quoted};

const COLUMNS: &str = include_str!("../../../sql/table_columns.sql");

/// One column as the database describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub table: String,
    pub name: String,
    /// Of a domain, the type that it is made of.
    pub type_name: String,
    /// Characters that a varchar holds, digits that a numeric holds before the point; `None` where there is no limit.
    pub width: Option<i32>,
    /// NULL is refused.
    pub required: bool,
    /// An insert that does not name the column puts something there.
    pub filled: bool,
    /// The server alone may fill it.
    pub generated: bool,
    pub insertable: bool,
    pub selectable: bool,
}

struct Wanted {
    table: &'static str,
    name: &'static str,
    types: &'static [&'static str],
    /// Characters of the longest value; 0 where that is no matter.
    width: i32,
    /// As the files in sql/ make it.
    made_as: &'static str,
    /// Whether the drain also asks for it.
    selected: bool,
}

const TEXTS: &[&str] = &["varchar", "text", "bpchar", "citext"];
const VERSIONS: &[&str] = &["int4", "int8", "numeric", "int2", "varchar", "text", "bpchar", "citext"];
const DAYS: &[&str] = &["date", "timestamp", "timestamptz"];

const fn login(
    name: &'static str,
    types: &'static [&'static str],
    width: i32,
    made_as: &'static str,
) -> Wanted {
    Wanted { table: "user_logins", name, types, width, made_as, selected: false }
}

const fn ours(
    table: &'static str,
    name: &'static str,
    type_name: &'static [&'static str],
    width: i32,
) -> Wanted {
    Wanted { table, name, types: type_name, width, made_as: "", selected: false }
}

const fn selected(wanted: Wanted) -> Wanted {
    Wanted { selected: true, ..wanted }
}

const MASKS: [&str; 2] = ["masked_ip", "masked_device_id"];
const WANTED: [Wanted; 16] = [
    login("user_id", TEXTS, 128, "varchar(128)"),
    login("device_type", TEXTS, 32, "varchar(32)"),
    login("masked_ip", TEXTS, 0, "varchar(256)"),
    login("masked_device_id", TEXTS, 0, "varchar(256)"),
    login("locale", TEXTS, 32, "varchar(32)"),
    login("app_version", VERSIONS, 32, "integer"),
    login("create_date", DAYS, 0, "date"),
    selected(ours("login_drain_ledger", "message_id", &["uuid"], 0)),
    selected(ours("login_drain_ledger", "sent_at", &["timestamptz"], 0)),
    selected(ours("login_drain_rejects", "message_id", &["uuid"], 0)),
    selected(ours("login_drain_rejects", "reason", TEXTS, 32)),
    ours("login_drain_rejects", "detail", TEXTS, 400),
    ours("login_drain_rejects", "body", TEXTS, 20_000),
    ours("login_drain_sealed", "message_id", &["uuid"], 0),
    ours("login_drain_sealed", "user_id", TEXTS, 128),
    ours("login_drain_sealed", "sealed", &["bytea"], 0),
];

pub fn read(client: &mut Client, schema: &str, tables: &[&str]) -> Result<Vec<Column>, Error> {
    let rows = client.query_typed(COLUMNS, &[(&schema, Type::TEXT), (&tables, Type::TEXT_ARRAY)])?;
    rows.iter()
        .map(|row| {
            Ok(Column {
                table: row.try_get("table_name")?,
                name: row.try_get("column_name")?,
                type_name: row.try_get::<_, Option<String>>("type_name")?.unwrap_or_default(),
                width: row.try_get("width")?,
                required: row.try_get("required")?,
                filled: row.try_get("filled")?,
                generated: row.try_get("generated")?,
                insertable: row.try_get("insertable")?,
                selectable: row.try_get("selectable")?,
            })
        })
        .collect()
}

/// The names that a finding's statements need.
pub struct Names<'a> {
    pub schema: &'a str,
    pub role: &'a str,
}

/// What app_version can hold; a number where it is not there, which is a finding of its own.
pub fn version(columns: &[Column]) -> VersionColumn {
    let is_text = |column: &Column| {
        column.table == "user_logins"
            && column.name == "app_version"
            && TEXTS.contains(&column.type_name.as_str())
    };
    if columns.iter().any(is_text) { VersionColumn::Text } else { VersionColumn::Number }
}

/// `mask_width` is the number of characters that each mask of this run has.
pub fn compare(columns: &[Column], mask_width: i32, names: &Names<'_>) -> Vec<Finding> {
    let is_there = |table: &str| columns.iter().any(|column| column.table == table);
    let wanted = WANTED.iter().filter(|wanted| is_there(wanted.table));
    let mut findings: Vec<Finding> =
        wanted.flat_map(|wanted| compare_column(wanted, columns, mask_width, names)).collect();
    let blocking = columns.iter().filter(|column| column.required && !column.filled && !is_wanted(column));
    findings.extend(blocking.filter(|column| !is_filled_by_us(column)).map(|column| {
        let text =
            format!("{} is NOT NULL without a default, and login-drain does not fill it", shown(column));
        Finding::new(Weight::RefusesAll, text).cured_by(alter(column, names, "DROP NOT NULL"))
    }));
    findings
}

fn compare_column(wanted: &Wanted, columns: &[Column], mask_width: i32, names: &Names<'_>) -> Vec<Finding> {
    let found = columns.iter().find(|column| column.table == wanted.table && column.name == wanted.name);
    let Some(column) = found else {
        let text = format!("table {} has no column {}", wanted.table, wanted.name);
        let add = format!("ADD COLUMN {} {}", wanted.name, wanted.made_as);
        let finding = Finding::new(Weight::RefusesAll, text);
        return vec![match wanted.made_as {
            "" => finding,
            _ => finding.cured_by(alter_table(wanted.table, names, &add)),
        }];
    };
    let whole = refuses_all(wanted, column, names);
    if !whole.is_empty() {
        return whole;
    }
    let is_mask = MASKS.contains(&wanted.name);
    let (width, weight) = match is_mask {
        true => (mask_width, Weight::RefusesAll),
        false => (wanted.width, Weight::RefusesSome),
    };
    let mut findings = Vec::new();
    let is_number = column.type_name == "numeric";
    if let Some(held) = column.width.filter(|held| !is_number && *held < width) {
        let what = if is_mask { "each mask of this run has" } else { "a login may have" };
        let text = format!("{} holds {held} characters, and {what} {width}", shown(column));
        let widen = format!("TYPE varchar({width})");
        findings.push(Finding::new(weight, text).cured_by(alter(column, names, &widen)));
    }
    if wanted.name == "app_version" && TEXTS.contains(&column.type_name.as_str()) {
        let text = format!("{} is a text: versions are stored as they were sent", shown(column));
        findings.push(Finding::new(Weight::Note, text));
    }
    let held = match column.width {
        _ if column.type_name == "int2" => Some("numbers up to 32767".to_owned()),
        Some(digits) if is_number && digits < 10 => Some(format!("numbers of {digits} digits")),
        _ => None,
    };
    if let Some(held) = held {
        let text = format!("{} holds {held}, and a login may have larger ones", shown(column));
        findings.push(Finding::new(Weight::RefusesSome, text).cured_by(alter(column, names, "TYPE integer")));
    }
    if wanted.name == "locale" && column.required {
        let text = format!("{} is NOT NULL, and many logins have no locale", shown(column));
        findings.push(Finding::new(Weight::RefusesSome, text).cured_by(alter(
            column,
            names,
            "DROP NOT NULL",
        )));
    }
    if column.type_name == "timestamptz" && wanted.name == "create_date" {
        let text = format!("{} is a point in time: midnight of the UTC day is stored", shown(column));
        findings.push(Finding::new(Weight::Note, text));
    }
    findings
}

fn refuses_all(wanted: &Wanted, column: &Column, names: &Names<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !wanted.types.contains(&column.type_name.as_str()) {
        let text = format!(
            "{} is of type {}, it must be {}",
            shown(column),
            column.type_name,
            wanted.types.join(" or ")
        );
        findings.push(Finding::new(Weight::RefusesAll, text));
    }
    if column.generated {
        let text = format!("{} is filled by the server alone, and login-drain must fill it", shown(column));
        findings.push(Finding::new(Weight::RefusesAll, text).cured_by(alter(
            column,
            names,
            "DROP EXPRESSION",
        )));
    }
    let selectable = column.selectable || !wanted.selected;
    for (right, into, held) in [("INSERT", "into ", column.insertable), ("SELECT", "", selectable)] {
        if !held {
            let text = format!("this user may not {right} {into}{}", shown(column));
            let grant = format!(
                "GRANT {right} ({}) ON {}.{} TO {}",
                wanted.name,
                quoted(names.schema),
                column.table,
                quoted(names.role)
            );
            findings.push(Finding::new(Weight::RefusesAll, text).cured_by(grant));
        }
    }
    findings
}

fn is_wanted(column: &Column) -> bool {
    WANTED.iter().any(|wanted| wanted.table == column.table && column.name == wanted.name)
}

/// Columns of the table of runs are all filled.
fn is_filled_by_us(column: &Column) -> bool {
    column.table == "login_drain_runs"
}

fn shown(column: &Column) -> String {
    format!("column {}.{}", column.table, crate::postgres::database_error::printable(&column.name))
}

fn alter(column: &Column, names: &Names<'_>, change: &str) -> String {
    alter_table(&column.table, names, &format!("ALTER COLUMN {} {change}", quoted(&column.name)))
}

fn alter_table(table: &str, names: &Names<'_>, change: &str) -> String {
    format!("ALTER TABLE {}.{table} {change}", quoted(names.schema))
}
