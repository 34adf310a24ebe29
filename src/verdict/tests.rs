//! The tables and properties of judging a body.

mod any_bytes;
mod cases;
mod properties;

use serde_json::{Value, json};

use super::*;

const SAMPLE: &str = r#"{"user_id": "424cdd21-063a-43a7-b91b-7ca1a833afae", "app_version": "2.3.0", "device_type": "android", "ip": "199.172.111.135", "locale": "RU", "device_id": "593-47-5928"}"#;

fn row(body: &str) -> LoginRow {
    match judge(body, &Masker::Plain, None) {
        Verdict::Login(row) => row,
        Verdict::Reject(reject) => panic!("{}", reject.rejection),
    }
}

fn reject(body: &str) -> Reject {
    match judge(body, &Masker::Plain, None) {
        Verdict::Login(_) => panic!("accepted: {body}"),
        Verdict::Reject(reject) => reject,
    }
}

fn reason(body: &str) -> Reason {
    reject(body).rejection.reason
}

fn sample_with(key: &str, value: Value) -> String {
    let mut login: Value = serde_json::from_str(SAMPLE).unwrap();
    login[key] = value;
    login.to_string()
}

#[test]
fn the_sample_of_the_system_this_replaces_is_accepted() {
    let row = row(SAMPLE);
    assert_eq!(row.user_id, "424cdd21-063a-43a7-b91b-7ca1a833afae");
    assert_eq!((row.device_type.as_str(), row.locale.as_deref()), ("android", Some("RU")));
    assert_eq!((row.app_version, &*row.version_text), (230, "2.3.0"));
}

#[test]
fn null_is_a_blank_for_locale_ip_and_device_id_only() {
    for key in ["locale", "ip", "device_id"] {
        row(&sample_with(key, json!(null)));
    }
    for key in ["user_id", "device_type", "app_version"] {
        assert_eq!(reason(&sample_with(key, json!(null))), Reason::WrongType, "{key}");
    }
}

#[test]
fn every_key_must_be_present_and_of_its_type() {
    for key in read_body::KEYS {
        let mut login: Value = serde_json::from_str(SAMPLE).unwrap();
        login.as_object_mut().unwrap().remove(key);
        let expected = Rejection::new(Reason::MissingKey, format!("{key} is missing"));
        assert_eq!(reject(&login.to_string()).rejection, expected);
        for value in [json!(1), json!(1.5), json!(true), json!([]), json!({"a": [1]})] {
            assert_eq!(reason(&sample_with(key, value)), Reason::WrongType, "{key}");
        }
    }
}

#[test]
fn other_keys_are_ignored_whatever_they_hold() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    for key in ["extra", "data", "Message"] {
        row(&SAMPLE.replacen('{', &format!(r#"{{"{key}": {deep}, "big": 1e400, "#), 1));
    }
}

#[test]
fn a_body_that_is_no_login_is_told_by_its_reason() {
    let (open, nested) = ("[".repeat(200_000), format!("{}{}", "[".repeat(200_000), "]".repeat(200_000)));
    let table: [(&str, Reason); 14] = [
        (r#"{"foo": "oops_wrong_msg_type", "bar": "123"}"#, Reason::MissingKey),
        ("", Reason::NotJson),
        ("   ", Reason::NotJson),
        ("hello", Reason::NotJson),
        (r#"{"user_id": "#, Reason::NotJson),
        (r#"{"user_id": "\ud800"}"#, Reason::NotJson),
        (&open, Reason::NotJson),
        (&nested, Reason::NotAnObject),
        (r#"[1, {"a": 2}]"#, Reason::NotAnObject),
        ("[]", Reason::NotAnObject),
        ("null", Reason::NotAnObject),
        ("17", Reason::NotAnObject),
        (r#""text""#, Reason::NotAnObject),
        (r#"{"a":1}{"b":2}"#, Reason::NotJson),
    ];
    for (body, expected) in table {
        assert_eq!(reason(body), expected, "{}", body.chars().take(40).collect::<String>());
    }
}

#[test]
fn a_repeated_key_counts_with_its_last_value() {
    row(&SAMPLE.replacen('{', r#"{"user_id": 7, "#, 1));
    let notification = json!({"Type": "Notification", "Message": SAMPLE}).to_string();
    row(&notification.replacen('{', r#"{"Type": "x", "Message": 7, "#, 1));
}

#[test]
fn what_a_wrapper_holds_is_judged_only_where_it_is_an_object() {
    let table = [
        (json!({"Type": "Notification", "Message": "hello"}), "user_id is missing", "JSON object, "),
        (json!({"Type": "Notification", "Message": "[1]"}), "user_id is missing", "JSON object, "),
        (
            json!({"Type": "Notification", "Message": "{}"}),
            "user_id is missing",
            "SNS notification of JSON object, 2 ",
        ),
        (
            json!({"detail-type": "login", "detail": {"ip": 1}}),
            "user_id is missing",
            "EventBridge event of JSON object, 8 ",
        ),
        (json!({"specversion": "1.0", "data": "x"}), "user_id is missing", "JSON object, "),
        (json!("{\"user_id\": \"\"}"), "app_version is missing", "JSON text of JSON object, 15 "),
        (json!("\"hello\""), "the body is JSON, but not an object", "JSON text of 7 characters, "),
    ];
    for (body, detail, description) in table {
        let reject = reject(&body.to_string());
        assert_eq!(reject.rejection.detail, detail, "{body}");
        assert!(reject.description.starts_with(description), "{}", reject.description);
    }
}

#[test]
fn several_logins_are_refused_in_whatever_way_they_are_put_together() {
    let good = serde_json::from_str::<Value>(SAMPLE).unwrap();
    let rogue = json!({"foo": 1});
    let notification = json!({"Type": "Notification", "Message": SAMPLE});
    let bodies = [
        format!("[{SAMPLE}]"),
        format!("[{SAMPLE},\n{SAMPLE}]\n"),
        format!("{SAMPLE}{SAMPLE}"),
        format!("{SAMPLE}\r\n{SAMPLE}\r\n"),
        format!("{SAMPLE},{SAMPLE}"),
        format!("\u{1e}{SAMPLE}\n\u{1e}{SAMPLE}\n"),
        format!("{rogue} {SAMPLE}"),
        format!("{SAMPLE}\n{{\"user_id\": \"cut"),
        format!("[{SAMPLE}][{SAMPLE}]"),
        format!("[{SAMPLE},{SAMPLE}"),
        json!([rogue, [good, 1]]).to_string(),
        json!([SAMPLE, "x"]).to_string(),
        json!([notification, notification]).to_string(),
        json!(format!("{SAMPLE}{SAMPLE}")).to_string(),
        json!({"Type": "Notification", "Message": format!("[{SAMPLE}]")}).to_string(),
        json!({"detail-type": "x", "detail": [good, good]}).to_string(),
    ];
    for body in bodies {
        assert_eq!(reason(&body), Reason::SeveralLogins, "{body}");
    }
    for body in [
        format!("{SAMPLE} trailing"),
        format!("{SAMPLE},"),
        format!("[{SAMPLE}"),
        format!("x {SAMPLE}{SAMPLE}"),
    ] {
        assert_eq!(reason(&body), Reason::NotJson, "{body}");
    }
}

#[test]
fn what_stands_for_a_login_that_is_elsewhere_is_refused() {
    let place = json!({"s3BucketName": "logins", "s3Key": "abcdefgh-ijk-lmno"});
    let pointers = [
        json!(["software.amazon.payloadoffloading.PayloadS3Pointer", place]),
        json!(["com.amazon.sqs.javamessaging.MessageS3Pointer", place]),
        json!(["software.amazon.payloadoffloading.PayloadS3Pointer", {"bucket": "logins"}]),
        json!([place]),
        place.clone(),
        json!({"S3Payload": {"Id": "x", "Location": "https://example.org"}}),
        json!({"Type": "Notification", "Message": json!(["x.PayloadS3Pointer", place]).to_string()}),
        json!(place.to_string()),
    ];
    for body in pointers {
        assert_eq!(reason(&body.to_string()), Reason::S3Pointer, "{body}");
    }
    for kind in ["SubscriptionConfirmation", "UnsubscribeConfirmation"] {
        let body = json!({"Type": kind, "Token": "s3cr3ttok3n", "Message": "You have chosen to …"});
        assert_eq!(reason(&body.to_string()), Reason::SubscriptionConfirmation);
        assert_eq!(reason(&json!(body.to_string()).to_string()), Reason::SubscriptionConfirmation);
    }
    assert_eq!(reason(&json!({"s3Key": "x"}).to_string()), Reason::MissingKey);
}

#[test]
fn a_misplaced_value_is_refused_before_its_length_is_looked_at() {
    let body = sample_with("locale", json!(format!("{}199.172.111.135", " ".repeat(32))));
    assert_eq!(reason(&body), Reason::MisplacedValue);
}
