//! The fuzz targets: bodies and replies of SQS, whatever bytes they are.

use bolero::check;

use crate::mask::Masker;
use crate::verdict::{Reject, Verdict, judge};

/// Text as it may stand in a body: what is no UTF-8 never gets past the replies' own reader.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn any_body_is_a_row_or_a_reject() {
    check!().with_iterations(20_000).for_each(|bytes: &[u8]| match judge(&text(bytes), &Masker::Plain) {
        Verdict::Login(row) => assert!(!row.user_id.is_empty()),
        Verdict::Reject(Reject { rejection, description }) => {
            assert!(!rejection.detail.is_empty());
            assert!(!description.contains('\0'), "PostgreSQL stores none");
            assert!(description.len() < 1000, "{description}");
        }
    });
}

#[test]
fn a_body_around_any_values_is_read_or_refused_by_its_place() {
    use crate::read_body::KEYS;
    check!().with_iterations(20_000).with_type::<[Option<Vec<u8>>; 6]>().for_each(|values| {
        let value = |value: &Option<Vec<u8>>| serde_json::json!(value.as_deref().map(text));
        let body: serde_json::Map<String, serde_json::Value> =
            KEYS.iter().zip(values).map(|(key, bytes)| ((*key).to_owned(), value(bytes))).collect();
        let _ = judge(&serde_json::Value::Object(body).to_string(), &Masker::Plain);
    });
}

#[test]
fn any_reply_of_sqs_is_read_or_refused() {
    check!().with_iterations(20_000).for_each(|bytes: &[u8]| crate::sqs::read_any_reply(bytes));
}
