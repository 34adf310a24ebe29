//! The JSON form of a look into the queue.

use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;

use super::{Look, Seen};
use crate::printable::printable_json;
use crate::queue::QueueAttributes;
use crate::reject::Class;

/// One JSON object on one line. Times are RFC 3339 in UTC, durations whole seconds, sizes bytes.
pub fn render(look: &Look) -> String {
    let look = json!({
        "queue_url": look.queue_url,
        "queue": look.attributes.as_ref().map(attributes),
        "messages": look.messages.as_ref().map(|messages| messages.iter().map(message).collect::<Vec<_>>()),
    });
    printable_json(&look.to_string())
}

fn attributes(attributes: &QueueAttributes) -> Value {
    json!({
        "visible": attributes.depth.visible,
        "in_flight": attributes.depth.in_flight,
        "delayed": attributes.depth.delayed,
        "retention_seconds": attributes.retention.as_secs(),
        "visibility_timeout_seconds": attributes.visibility_timeout.as_secs(),
        "dead_letter_target_arn": attributes.redrive.as_ref().map(|redrive| &redrive.target_arn),
        "max_receive_count": attributes.redrive.as_ref().map(|redrive| redrive.max_receive_count),
    })
}

fn message(seen: &Seen) -> Value {
    json!({
        "message_id": seen.id.to_string(),
        "sent_at": seen.sent_at.and_then(|time| time.format(&Rfc3339).ok()),
        "age_seconds": seen.age.map(|age| age.as_secs()),
        "receive_count": seen.receive_count,
        "group": seen.group,
        "size_bytes": seen.size,
        "verdict": seen.rejection.as_ref().map_or("store", |rejection| match rejection.reason.class() {
            Class::Rogue => "reject",
            Class::Refused => "refuse",
        }),
        "reason": seen.rejection.as_ref().map(|rejection| rejection.reason.code()),
        "detail": seen.rejection.as_ref().map(|rejection| &rejection.detail),
        // A description, as in `login_drain_rejects`.
        "body": seen.description,
    })
}
