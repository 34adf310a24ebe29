//! The fuzz targets: bodies, whatever bytes they are.

use bolero::check;

use crate::mask::Masker;
use crate::verdict::{Verdict, judge};
use crate::{describe, login};

/// Text as it may stand in a body: what is no UTF-8 never gets past the replies' own reader.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn any_body_is_a_row_or_a_reject() {
    check!().with_iterations(20_000).for_each(|bytes: &[u8]| match judge(&text(bytes), &Masker::Plain) {
        Verdict::Login(row) => assert!(!row.user_id.is_empty()),
        Verdict::Reject(reject) => assert!(!reject.rejection.detail.is_empty()),
    });
}

#[test]
fn a_body_around_any_values_is_read_or_refused_by_its_place() {
    const KEYS: [&str; 6] = ["user_id", "app_version", "device_type", "ip", "locale", "device_id"];
    check!().with_iterations(20_000).with_type::<[Option<Vec<u8>>; 6]>().for_each(|values| {
        let value = |value: &Option<Vec<u8>>| serde_json::json!(value.as_deref().map(text));
        let body: serde_json::Map<String, serde_json::Value> =
            KEYS.iter().zip(values).map(|(key, bytes)| ((*key).to_owned(), value(bytes))).collect();
        let _ = login::parse(&serde_json::Value::Object(body).to_string());
    });
}

#[test]
fn no_digit_of_a_text_survives_redaction() {
    check!().with_iterations(20_000).for_each(|bytes: &[u8]| {
        let body = text(bytes);
        let kept = describe::body(&body, &Masker::Plain);
        if serde_json::from_str::<serde_json::Value>(&body).is_err() {
            assert!(!kept.contains(char::is_numeric));
        }
        assert!(!kept.contains('\0'), "PostgreSQL stores none");
    });
}
