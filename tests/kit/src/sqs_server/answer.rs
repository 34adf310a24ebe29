//! What stands around a reply's text: status, content type, headers; and the control page.

use std::sync::atomic::{AtomicU64, Ordering};

use time::{Duration, OffsetDateTime};

use super::action::Action;
use super::errors::SqsError;
use super::faults::{Due, Fault};
use super::shared::Shared;
use super::{json_protocol, query_protocol};

pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    request_id: String,
    error_header: Option<String>,
}

impl Answer {
    pub fn ok(json: bool, request_id: String) -> Answer {
        let content_type = if json { json_protocol::CONTENT_TYPE } else { query_protocol::CONTENT_TYPE };
        Answer { status: 200, content_type, request_id, error_header: None }
    }

    /// Writes the error into `text` as the protocol spells it.
    pub fn error(error: &SqsError, json: bool, text: &mut String) -> Answer {
        let request_id = fresh_request_id();
        text.clear();
        if json {
            json_protocol::write_error(text, error);
            let header = format!("x-amzn-query-error: {};{}\r\n", error.query_code, error.fault());
            return Answer {
                status: error.json_status,
                error_header: Some(header),
                ..Answer::ok(json, request_id)
            };
        }
        query_protocol::write_error(text, error, &request_id);
        Answer { status: error.query_status, ..Answer::ok(json, request_id) }
    }

    /// A page that no SQS server would send.
    pub fn page(status: u16, body: &str) -> Answer {
        let content_type = if body.starts_with("<html") { "text/html" } else { "text/plain" };
        Answer { status, content_type, request_id: fresh_request_id(), error_header: None }
    }

    pub fn headers(&self, due: &Due) -> Vec<u8> {
        let mut lines = Vec::with_capacity(160);
        lines.extend_from_slice(b"x-amzn-RequestId: ");
        lines.extend_from_slice(self.request_id.as_bytes());
        lines.extend_from_slice(b"\r\n");
        let offset = due.find(|fault| match fault {
            Fault::ClockOffset(seconds) => Some(*seconds),
            _ => None,
        });
        lines.extend_from_slice(date_line(offset.unwrap_or_default()).as_bytes());
        lines.extend_from_slice(self.error_header.as_deref().unwrap_or_default().as_bytes());
        if due.any(|fault| matches!(fault, Fault::OddHeader)) {
            lines.extend_from_slice(b"X-Proxy-Name: caf\xE9\r\n");
        }
        lines
    }
}

/// A new request id per call, shaped like AWS's.
pub fn fresh_request_id() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    format!("00000000-0000-4000-8000-{:012x}", LAST.fetch_add(1, Ordering::Relaxed))
}

fn date_line(offset: i64) -> String {
    let at = OffsetDateTime::now_utc() + Duration::seconds(offset);
    let (weekday, month) = (at.weekday().to_string(), at.month().to_string());
    let (day, year) = (at.day(), at.year());
    let (hour, minute, second) = at.to_hms();
    format!(
        "Date: {}, {day:02} {} {year} {hour:02}:{minute:02}:{second:02} GMT\r\n",
        &weekday[..3],
        &month[..3]
    )
}

/// `GET /_stats`: calls by action, and where the messages stand, over all queues.
pub fn control(shared: &Shared, path: &str, text: &mut String) -> Answer {
    if path != "/_stats" {
        return Answer::page(404, "");
    }
    let calls = shared.calls.so_far();
    let by_action: serde_json::Map<_, _> =
        Action::ALL.iter().map(|action| (action.name().to_string(), calls.count(*action).into())).collect();
    let queues: serde_json::Map<_, _> = shared
        .registry
        .all()
        .iter()
        .map(|queue| {
            let counts = queue.counts();
            let counts = serde_json::json!({
                "visible": counts.visible, "in_flight": counts.in_flight,
                "delayed": counts.delayed, "deleted": counts.deleted,
            });
            (queue.name.clone(), counts)
        })
        .collect();
    text.push_str(&serde_json::json!({ "calls": by_action, "queues": queues }).to_string());
    Answer { content_type: "application/json", ..Answer::ok(true, fresh_request_id()) }
}
