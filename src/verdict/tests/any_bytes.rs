//! What must hold for bodies, whatever bytes they are.

use proptest::prelude::*;

use crate::mask::Masker;
use crate::verdict::read_body::KEYS;
use crate::verdict::{Reject, Verdict, judge};

/// Bytes that may mean nothing, and pieces of bodies and replies that mean something, in any order.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&str; 38] = [
        "{",
        "}",
        "[",
        "]",
        "\"",
        "\\",
        ":",
        ",",
        "null",
        "-1e999",
        "\\ud800",
        "\0",
        "{}",
        r#"{"user_id":"u","app_version":"1.2","device_type":"d","ip":"#,
        r#","locale":null,"device_id":null}"#,
        r#"{"Type":"Notification","Message":""#,
        r#""ip":"#,
        r#""device_id""#,
        r#""10.0.0.1""#,
        r#""app_version""#,
        r#"{"Messages":[{"MessageId":"m","ReceiptHandle":"r","Body":""#,
        r#""MD5OfBody":"#,
        r#""Attributes":{"SentTimestamp":"#,
        r#"{"Successful":[{"Id":"0"}],"Failed":["#,
        r#"{"__type":"#,
        r#""message":"#,
        "<?xml version=\"1.0\"?>",
        "<ReceiveMessageResponse><ReceiveMessageResult><Message>",
        "<Body>",
        "</Body>",
        "</Message></ReceiveMessageResult></ReceiveMessageResponse>",
        "<DeleteMessageBatchResponse><DeleteMessageBatchResult>",
        "<ErrorResponse><Error><Code>",
        "</Code></Error></ErrorResponse>",
        "<![CDATA[",
        "&#1;",
        "&quot;",
        "<",
    ];
    let piece = prop::sample::select(PIECES.to_vec()).prop_map(|piece| piece.as_bytes().to_vec());
    let noise = prop::collection::vec(any::<u8>(), 0..24);
    prop::collection::vec(prop_oneof![3 => piece, 1 => noise], 0..24).prop_map(|parts| parts.concat())
}

/// Text as it may stand in a body: what is no UTF-8 never gets past the replies' own reader.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, ..ProptestConfig::default() })]

    #[test]
    fn any_body_is_a_row_or_a_reject(bytes in bytes()) {
        match judge(&text(&bytes), &Masker::Plain, None) {
            Verdict::Login(row) => prop_assert!(!row.user_id.is_empty()),
            Verdict::Reject(Reject { rejection, description }) => {
                prop_assert!(!rejection.detail.is_empty());
                prop_assert!(!description.contains('\0'), "PostgreSQL stores none");
                prop_assert!(description.len() < 1000, "{description}");
            }
        }
    }

    #[test]
    fn a_body_around_any_values_is_read_or_refused_by_its_place(values in any::<[Option<Vec<u8>>; 6]>()) {
        let value = |value: &Option<Vec<u8>>| serde_json::json!(value.as_deref().map(text));
        let body: serde_json::Map<String, serde_json::Value> =
            KEYS.iter().zip(&values).map(|(key, bytes)| ((*key).to_owned(), value(bytes))).collect();
        let _ = judge(&serde_json::Value::Object(body).to_string(), &Masker::Plain, None);
    }
}
