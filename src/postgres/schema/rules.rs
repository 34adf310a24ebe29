//! Keys, checks, triggers and the like of `user_logins`: what each may do to a login.

use tokio_postgres::Error;
use tokio_postgres::types::Type;

use super::judgement::{Finding, Weight};
use crate::postgres::database_error::printable;
use crate::postgres::statements::quoted;

use crate::libpq::Client;

const RULES: &str = include_str!("../../../sql/table_rules.sql");

/// The columns that a login fills.
const FILLED: [&str; 7] =
    ["user_id", "device_type", "masked_ip", "masked_device_id", "locale", "app_version", "create_date"];

/// One thing of the table that may keep rows out, or lose them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// As the statement calls it: `unique`, `check`, `trigger` …
    pub kind: String,
    pub name: String,
    /// The columns of a key.
    pub columns: Vec<String>,
    pub is_constraint: bool,
}

pub fn read(client: &mut Client, schema: &str) -> Result<Vec<Rule>, Error> {
    let rows = client.query_typed(RULES, &[(&schema, Type::TEXT)])?;
    rows.iter()
        .map(|row| {
            Ok(Rule {
                kind: row.try_get("kind")?,
                name: row.try_get("name")?,
                columns: row.try_get::<_, Option<Vec<String>>>("columns")?.unwrap_or_default(),
                is_constraint: row.try_get("is_constraint")?,
            })
        })
        .collect()
}

/// The columns of the first key by which two logins may collide.
pub fn unique_key(rules: &[Rule]) -> Vec<String> {
    rules.iter().find(|rule| can_collide(rule)).map(|rule| rule.columns.clone()).unwrap_or_default()
}

/// A key with a column that logins leave alone, such as a number that the server counts up, never collides.
fn can_collide(rule: &Rule) -> bool {
    let is_ours = |column: &String| FILLED.contains(&column.as_str()) || column == "an expression";
    ["unique", "exclusion"].contains(&rule.kind.as_str()) && rule.columns.iter().all(is_ours)
}

pub fn judge(rules: &[Rule], schema: &str) -> Vec<Finding> {
    rules.iter().filter_map(|rule| judge_one(rule, schema)).collect()
}

fn judge_one(rule: &Rule, schema: &str) -> Option<Finding> {
    let name = printable(&rule.name);
    let note = |text: String| Some(Finding::new(Weight::Note, text));
    match rule.kind.as_str() {
        "unique" | "exclusion" => can_collide(rule).then(|| key(rule, schema)),
        "read-only view" => Some(Finding::new(
            Weight::RefusesAll,
            format!("user_logins is a view into which nothing can be inserted ({name})"),
        )),
        "unlogged" => note(format!("table {name} is UNLOGGED: a crash of the server empties it"))
            .map(|finding| finding.cured_by(format!("ALTER TABLE {} SET LOGGED", quoted(&rule.name)))),
        "row security" => note("row security of user_logins may refuse logins".to_owned()),
        "trigger" => note(format!("trigger {name} of user_logins may change, refuse or drop logins")),
        "rule" => note(format!("rule {name} of user_logins may store logins elsewhere, or nowhere")),
        kind => note(format!("{kind} {name} of user_logins may refuse logins")),
    }
}

fn key(rule: &Rule, schema: &str) -> Finding {
    let columns: Vec<String> = rule.columns.iter().map(|column| printable(column)).collect();
    let text = format!(
        "user_logins has the {} key {} ({}): logins that agree in it are refused but for the first",
        rule.kind,
        printable(&rule.name),
        columns.join(", ")
    );
    let cure = match rule.is_constraint {
        true => {
            format!("ALTER TABLE {}.user_logins DROP CONSTRAINT {}", quoted(schema), quoted(&rule.name))
        }
        false => format!("DROP INDEX {}.{}", quoted(schema), quoted(&rule.name)),
    };
    Finding::new(Weight::RefusesSome, text).cured_by(cure)
}
