//! Whether a partitioned `user_logins` has a partition for the day of the run.

use time::{Date, Duration};
use tokio_postgres::Error;
use tokio_postgres::types::Type;

use super::judgement::{Finding, Weight};
use crate::postgres::statements::quoted;

use crate::libpq::Client;

const BOUNDS: &str = include_str!("../../../sql/partition_bounds.sql");

/// Asks the server itself, with the partitions' own conditions: they name nothing but `create_date`.
pub fn judge(client: &mut Client, schema: &str, today: Date) -> Result<Option<Finding>, Error> {
    let rows = client.query_typed(BOUNDS, &[(&schema, Type::TEXT)])?;
    if rows.is_empty() {
        return Ok(None);
    }
    let bounds: Vec<Option<String>> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let any = bounds.iter().flatten().map(|bound| format!("({bound})")).collect::<Vec<_>>().join(" OR ");
    let has_one = match any.is_empty() {
        true => false,
        false => {
            let sql = format!("SELECT {any} FROM (SELECT $1::date AS create_date) AS today");
            client.query_typed_one(&sql, &[(&today, Type::DATE)])?.try_get::<_, Option<bool>>(0)?
                == Some(true)
        }
    };
    Ok((!has_one).then(|| missing(schema, today)))
}

fn missing(schema: &str, today: Date) -> Finding {
    let text = format!("user_logins is partitioned and has no partition for {today}");
    let tomorrow = today.saturating_add(Duration::DAY);
    let name = format!("user_logins_{}", today.to_string().replace('-', "_"));
    Finding::new(Weight::RefusesAll, text).cured_by(format!(
        "CREATE TABLE {0}.{name} PARTITION OF {0}.user_logins FOR VALUES FROM ('{today}') TO ('{tomorrow}')",
        quoted(schema)
    ))
}
