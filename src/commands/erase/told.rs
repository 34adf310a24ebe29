//! What an erasure tells, as text and as JSON for an audit log: counts and places, never an id.

use std::time::Duration;

use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::failure::Failure;
use crate::postgres::erase::{ErasedTable, Erasure};
use crate::screen::number;

pub struct Told<'a> {
    pub erasure: &'a Erasure,
    /// Users that were asked for.
    pub users: usize,
    pub place: &'a str,
    pub dry_run: bool,
    pub failure: Option<&'a Failure>,
    pub ended_at: OffsetDateTime,
    pub elapsed: Duration,
}

/// What erasing in the database does not reach.
const QUEUE: &str = "\
messages of these users may still be on the queue or its dead-letter queue, and are stored when they are drained: to \
be sure, run `login-drain drain` until the queue is empty, then erase again; SQS keeps a message 14 days at most, and \
a later login is a new login";

impl Told<'_> {
    pub fn text(&self) -> anyhow::Result<String> {
        let Erasure { tables, stopped, .. } = self.erasure;
        let rows = if self.dry_run { self.erasure.left() } else { self.erasure.erased() };
        let deed = match (self.dry_run, *stopped || self.failure.is_some()) {
            (true, _) => "dry run, nothing was changed: found",
            (false, false) => "erased:",
            (false, true) => "stopped before the end, run it again for the rest; erased until then:",
        };
        let mut lines = vec![format!(
            "{deed} {} of {}, at {} on {}",
            counted(rows, "row"),
            counted(self.users as u64, "user"),
            self.ended_at.replace_nanosecond(0)?.format(&Rfc3339)?,
            self.place
        )];
        for table in tables {
            let left = table.left.map_or("not counted".to_owned(), |left| format!("{} there", number(left)));
            let erased = number(table.erased);
            lines.push(match self.dry_run {
                true => format!("{}: {left}", table.name),
                false => format!("{}: {erased} erased, now {left}", table.name),
            });
        }
        if self.is_complete() && self.erasure.left() > 0 && !self.dry_run {
            lines.push(
                "some rows are there still: a drain has stored them meanwhile, or a trigger of the table keeps them; \
                 run it again"
                    .to_owned(),
            );
        }
        let without = self.without_rows();
        if self.is_complete() && !without.is_empty() {
            let places: Vec<String> = without.iter().map(ToString::to_string).collect();
            lines.push(format!("nothing was held of these ids, by their place in the list without empty lines and repeats: {}", places.join(", ")));
        }
        lines.push(
            "login_drain_ledger, login_drain_rejects and login_drain_runs hold nothing of a user".to_owned(),
        );
        lines.push(QUEUE.to_owned());
        Ok(lines.join("\n"))
    }

    pub fn json(&self) -> anyhow::Result<String> {
        let table =
            |table: &ErasedTable| json!({"table": table.name, "erased": table.erased, "left": table.left});
        let object = json!({
            "ended_at": self.ended_at.format(&Rfc3339)?,
            "elapsed_seconds": self.elapsed.as_secs_f64(),
            "database": self.place,
            "dry_run": self.dry_run,
            "complete": self.is_complete(),
            "error": self.failure.map(ToString::to_string),
            "users": self.users,
            "users_without_rows": self.is_complete().then(|| self.without_rows()),
            "tables": self.erasure.tables.iter().map(table).collect::<Vec<_>>(),
            "queue_searched": false,
        });
        Ok(object.to_string())
    }

    fn is_complete(&self) -> bool {
        !self.erasure.stopped && self.failure.is_none()
    }

    /// The places of ids of which there was nothing, from 1.
    fn without_rows(&self) -> Vec<usize> {
        (0..self.users).filter(|place| !self.erasure.found.contains(place)).map(|place| place + 1).collect()
    }
}

fn counted(count: u64, what: &str) -> String {
    format!("{} {what}{}", number(count), if count == 1 { "" } else { "s" })
}
