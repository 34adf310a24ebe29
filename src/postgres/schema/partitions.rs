//! Whether a partitioned `user_logins` has a partition for the day of the run, and for the next one.

use ::postgres::types::Type;
use ::postgres::{Client, Error};
use time::{Date, Duration};

use super::judgement::{Finding, Weight};
use crate::postgres::statements::quoted;

const BOUNDS: &str = include_str!("../../../sql/partition_bounds.sql");

/// Asks the server itself, with the partitions' own conditions: they name nothing but `create_date`.
pub fn judge(client: &mut Client, schema: &str, today: Date) -> Result<Option<Finding>, Error> {
    let rows = client.query_typed(BOUNDS, &[(&schema, Type::TEXT)])?;
    if rows.is_empty() {
        return Ok(None);
    }
    let bounds: Vec<Option<String>> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let any = bounds.iter().flatten().map(|bound| format!("({bound})")).collect::<Vec<_>>().join(" OR ");
    // Today first: it costs this run, tomorrow the next ones.
    for (day, weight) in [(today, Weight::RefusesAll), (today.saturating_add(Duration::DAY), Weight::Note)] {
        if !has_one(client, &any, day)? {
            return Ok(Some(missing(schema, day, weight)));
        }
    }
    Ok(None)
}

fn has_one(client: &mut Client, any: &str, day: Date) -> Result<bool, Error> {
    if any.is_empty() {
        return Ok(false);
    }
    let sql = format!("SELECT {any} FROM (SELECT $1::date AS create_date) AS day");
    Ok(client.query_typed_one(&sql, &[(&day, Type::DATE)])?.try_get::<_, Option<bool>>(0)? == Some(true))
}

fn missing(schema: &str, day: Date, weight: Weight) -> Finding {
    let text = format!("user_logins is partitioned and has no partition for {day}");
    let next = day.saturating_add(Duration::DAY);
    let name = format!("user_logins_{}", day.to_string().replace('-', "_"));
    Finding::new(weight, text).cured_by(format!(
        "CREATE TABLE {0}.{name} PARTITION OF {0}.user_logins FOR VALUES FROM ('{day}') TO ('{next}')",
        quoted(schema)
    ))
}
