//! The status as JSON for machines.

use serde_json::{Value, json};
use time::UtcOffset;
use time::format_description::well_known::Rfc3339;

use super::{QueueStatus, Status, percent, text};
use crate::printable::printable_json;
use crate::store::FinishedRun;

/// One object on one line. Times are RFC 3339 in UTC, spans whole seconds, shares in percent.
pub fn render(status: &Status) -> String {
    let status = json!({
        "healthy": status.is_healthy(),
        "line": text::render(status),
        "max_age_seconds": status.max_age.as_secs(),
        "queues": status.queues.iter().map(queue).collect::<Vec<_>>(),
    });
    printable_json(&status.to_string())
}

/// Of a table that could not be read: nobody knows whether all is well.
pub fn unknown(error: &str) -> String {
    printable_json(&json!({ "healthy": null, "error": error }).to_string())
}

fn queue(queue: &QueueStatus) -> Value {
    let day = &queue.history.day_before;
    json!({
        "queue": queue.history.queue,
        "health": queue.health.code(),
        "last_run": queue.history.last.as_ref().map(run),
        "last_good_run": queue.history.good.as_ref().map(run),
        "day_before": {
            "runs": day.runs,
            "received": day.received,
            "rejected": day.rejected,
            "rejected_percent": percent(day.rejected, day.received),
            "oldest_message_seconds": day.oldest_message_seconds,
        },
    })
}

fn run(run: &FinishedRun) -> Value {
    json!({
        "ended_at": run.ended_at.to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap_or_default(),
        "age_seconds": run.age_seconds,
        "exit_code": run.exit_code,
        "stopped_because": run.stopped_because,
        "received": run.received,
        "inserted": run.inserted,
        "duplicates": run.duplicates,
        "rejected": run.rejected,
        "rejected_percent": percent(run.rejected, run.received),
        "oldest_message_seconds": run.oldest_message_seconds,
        "queue_visible": run.queue_visible,
        "host": run.host,
    })
}
