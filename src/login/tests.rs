//! The tables and properties of reading a body.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const SAMPLE: &str = r#"{"user_id": "424cdd21-063a-43a7-b91b-7ca1a833afae", "app_version": "2.3.0", "device_type": "android", "ip": "199.172.111.135", "locale": "RU", "device_id": "593-47-5928"}"#;

fn reason(body: &str) -> Reason {
    match parse(body) {
        Ok(_) => panic!("accepted: {body}"),
        Err(rejection) => rejection.reason,
    }
}

fn sample_with(key: &str, value: serde_json::Value) -> String {
    let mut event: serde_json::Value = serde_json::from_str(SAMPLE).unwrap();
    event[key] = value;
    event.to_string()
}

#[test]
fn the_sample_of_the_system_this_replaces_is_accepted() {
    let event = parse(SAMPLE).ok().unwrap();
    assert_eq!(event.user_id, "424cdd21-063a-43a7-b91b-7ca1a833afae");
    assert_eq!(event.device_type, "android");
    assert_eq!(event.ip.as_deref(), Some("199.172.111.135"));
    assert_eq!(event.device_id.as_deref(), Some("593-47-5928"));
    assert_eq!(event.locale.as_deref(), Some("RU"));
    assert_eq!(event.app_version, 230);
}

#[test]
fn null_is_a_blank_for_locale_ip_and_device_id_only() {
    for key in ["locale", "ip", "device_id"] {
        assert!(parse(&sample_with(key, json!(null))).is_ok(), "{key}");
    }
    for key in ["user_id", "device_type", "app_version"] {
        assert_eq!(reason(&sample_with(key, json!(null))), Reason::WrongType, "{key}");
    }
}

#[test]
fn every_key_must_be_present_and_of_its_type() {
    for key in ["user_id", "app_version", "device_type", "ip", "locale", "device_id"] {
        let mut event: serde_json::Value = serde_json::from_str(SAMPLE).unwrap();
        event.as_object_mut().unwrap().remove(key);
        let rejection = parse(&event.to_string()).err().unwrap();
        assert_eq!(rejection, Rejection::new(Reason::MissingKey, format!("{key} is missing")));
        for value in [json!(1), json!(1.5), json!(true), json!([]), json!({"a": [1]})] {
            assert_eq!(reason(&sample_with(key, value)), Reason::WrongType, "{key}");
        }
    }
}

#[test]
fn other_keys_are_ignored_whatever_they_hold() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let body = SAMPLE.replacen('{', &format!(r#"{{"extra": {deep}, "big": 1e400, "#), 1);
    assert!(parse(&body).is_ok());
}

#[test]
fn a_body_that_is_no_event_is_told_by_its_reason() {
    let deep = "[".repeat(200_000);
    let table: [(&str, Reason); 11] = [
        (r#"{"foo": "oops_wrong_msg_type", "bar": "123"}"#, Reason::MissingKey),
        ("", Reason::NotJson),
        ("   ", Reason::NotJson),
        ("hello", Reason::NotJson),
        (r#"{"user_id": "#, Reason::NotJson),
        (r#"{"user_id": "\ud800"}"#, Reason::NotJson),
        (&deep, Reason::NotAnObject),
        ("[]", Reason::NotAnObject),
        ("null", Reason::NotAnObject),
        ("17", Reason::NotAnObject),
        (r#""text""#, Reason::NotAnObject),
    ];
    for (body, expected) in table {
        assert_eq!(reason(body), expected, "{}", body.chars().take(40).collect::<String>());
    }
    assert_eq!(reason(&format!("{SAMPLE} {SAMPLE}")), Reason::NotJson);
}

#[test]
fn a_text_must_fit_its_column_counted_in_characters() {
    for (key, width) in
        [("user_id", USER_ID_WIDTH), ("device_type", DEVICE_TYPE_WIDTH), ("locale", LOCALE_WIDTH)]
    {
        assert!(parse(&sample_with(key, json!("é".repeat(width)))).is_ok(), "{key}");
        assert_eq!(reason(&sample_with(key, json!("é".repeat(width + 1)))), Reason::TooLong, "{key}");
        assert_eq!(reason(&sample_with(key, json!("a\0b"))), Reason::NulCharacter, "{key}");
    }
    assert_eq!(reason(&sample_with("user_id", json!(""))), Reason::Empty);
    assert!(parse(&sample_with("device_type", json!(""))).is_ok());
    assert!(parse(&sample_with("ip", json!("x".repeat(5000)))).is_ok(), "a mask has one length");
}

#[test]
fn a_repeated_key_counts_with_its_last_value() {
    let body = SAMPLE.replacen('{', r#"{"user_id": 7, "#, 1);
    assert!(parse(&body).is_ok());
}

#[test]
fn a_notification_envelope_is_opened() {
    let body = json!({"Type": "Notification", "MessageId": "x", "Message": SAMPLE}).to_string();
    assert_eq!(parse(&body).ok().unwrap().user_id, "424cdd21-063a-43a7-b91b-7ca1a833afae");
    let rogue = json!({"Type": "Notification", "Message": "hello"}).to_string();
    assert_eq!(reason(&rogue), Reason::NotJson);
    let other = json!({"Type": "SubscriptionConfirmation", "Message": SAMPLE}).to_string();
    assert_eq!(reason(&other), Reason::MissingKey);
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in ".*") {
        let _ = parse(&body);
    }

    #[test]
    fn a_rejection_never_quotes_the_value(marker in "[a-z]{12}", key in prop::sample::select(vec!["user_id", "app_version", "ip", "locale"])) {
        for value in [json!([marker]), json!({"x": marker}), json!(format!("{marker}\0{}", marker.repeat(20)))] {
            if let Err(rejection) = parse(&sample_with(key, value)) {
                prop_assert!(!rejection.to_string().contains(&marker));
            }
        }
    }

    #[test]
    fn a_cut_body_is_never_accepted(cut in 1..SAMPLE.len() - 1) {
        prop_assert!(parse(SAMPLE.get(..cut).unwrap()).is_err());
    }
}
