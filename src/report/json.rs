//! The JSON form of the summary, whose keys are a contract with users' scripts.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{RejectTally, Summary};
use crate::printable::printable_json;
use crate::queue::Depth;
use crate::reject::Reason;

/// One JSON object on one line.
pub fn render(summary: &Summary) -> String {
    let counted = &summary.tally.books;
    let books = summary.deeds();
    let object = Object {
        received: books.received,
        inserted: books.inserted,
        duplicates: books.duplicates,
        rejected: books.rejected,
        refused: books.refused,
        kept: books.kept,
        released: books.released,
        give_back_failures: books.give_back_failures,
        deleted: books.deleted,
        delete_failures: books.delete_failures,
        batches: books.batches,
        receive_calls: summary.tally.calls.receive,
        empty_receives: books.empty_receives,
        lost_receives: books.lost_receives,
        delete_calls: summary.tally.calls.delete,
        retries: summary.tally.retries(),
        elapsed_seconds: rounded(summary.elapsed.as_secs_f64()),
        messages_per_second: rounded(summary.messages_per_second()),
        stopped_because: summary.stopped_because.code(),
        error: summary.error.as_deref(),
        rejects_by_reason: counts(&books.rejects),
        queue: summary.queue.map(Queue::from),
        dry_run: summary.dry_run.then(|| DryRun {
            would_insert: counted.inserted,
            would_skip_as_duplicates: counted.duplicates,
            would_reject: counted.rejected,
            rejects_by_reason: counts(&counted.rejects),
        }),
    };
    // Numbers, fixed keys and codes always have a JSON form.
    printable_json(&serde_json::to_string(&object).unwrap_or_default())
}

#[derive(Serialize)]
struct Object<'a> {
    received: u64,
    inserted: u64,
    duplicates: u64,
    rejected: u64,
    refused: u64,
    kept: u64,
    released: u64,
    /// Beyond the fixed keys, so only where there is something to tell.
    #[serde(skip_serializing_if = "is_zero")]
    give_back_failures: u64,
    deleted: u64,
    delete_failures: u64,
    batches: u64,
    receive_calls: u64,
    empty_receives: u64,
    #[serde(skip_serializing_if = "is_zero")]
    lost_receives: u64,
    delete_calls: u64,
    retries: u64,
    elapsed_seconds: f64,
    messages_per_second: f64,
    stopped_because: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    rejects_by_reason: BTreeMap<&'static str, u64>,
    queue: Option<Queue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<DryRun>,
}

#[derive(Serialize)]
struct Queue {
    visible: u64,
    in_flight: u64,
    delayed: u64,
}

impl From<Depth> for Queue {
    fn from(depth: Depth) -> Queue {
        Queue { visible: depth.visible, in_flight: depth.in_flight, delayed: depth.delayed }
    }
}

#[derive(Serialize)]
struct DryRun {
    would_insert: u64,
    would_skip_as_duplicates: u64,
    would_reject: u64,
    rejects_by_reason: BTreeMap<&'static str, u64>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

fn counts(rejects: &BTreeMap<Reason, RejectTally>) -> BTreeMap<&'static str, u64> {
    rejects.iter().map(|(reason, tally)| (reason.code(), tally.count)).collect()
}

fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::super::text::samples::summary;
    use super::*;

    #[test]
    fn the_keys_and_their_order_are_the_contract() {
        let expected = concat!(
            r#"{"received":12343,"inserted":12330,"duplicates":10,"rejected":3,"refused":0,"kept":0,"released":0,"deleted":12343,"#,
            r#""delete_failures":0,"batches":13,"receive_calls":1237,"empty_receives":2,"delete_calls":1235,"#,
            r#""retries":1,"elapsed_seconds":4.0,"messages_per_second":3085.75,"stopped_because":"empty","#,
            r#""rejects_by_reason":{"not_json":2,"missing_key":1},"queue":{"visible":0,"in_flight":0,"delayed":0}}"#
        );
        let object: serde_json::Value = serde_json::from_str(&render(&summary())).unwrap();
        let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
        assert_eq!(object, expected);
    }

    #[test]
    fn a_queue_that_may_not_be_asked_is_null() {
        let object = render(&super::Summary { queue: None, ..summary() });
        assert!(object.contains(r#""queue":null"#), "{object}");
    }
}
