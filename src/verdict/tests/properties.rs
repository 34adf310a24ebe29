//! What holds for any body: wrappers change nothing, and no value is readable.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use super::*;

fn wrap(how: u8, body: &str) -> String {
    let inner = || serde_json::from_str(body).map_or_else(|_| Value::from(body), Value::Object);
    let in_lines = || {
        let base64 = STANDARD.encode(body);
        base64.as_bytes().chunks(76).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n")
    };
    match how {
        0 => json!(body).to_string(),
        1 => STANDARD.encode(body),
        2 => URL_SAFE_NO_PAD.encode(body),
        3 => in_lines(),
        4 => json!({"Type": "Notification", "TopicArn": "t", "Message": body}).to_string(),
        5 => json!({"detail-type": "login", "source": "app", "detail": inner()}).to_string(),
        6 => json!({"specversion": "1.0", "type": "login", "data": inner()}).to_string(),
        7 => json!({"specversion": "1.0", "type": "login", "data": body}).to_string(),
        _ => json!({"specversion": "1.0", "type": "login", "data_base64": STANDARD.encode(body)}).to_string(),
    }
}

fn wrappers(how_many: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<(u8, String)>> {
    prop::collection::vec((0_u8..9, "[ \r\n\t\u{feff}]{0,3}"), how_many)
}

fn wrapped(body: &str, wrappers: &[(u8, String)]) -> String {
    wrappers.iter().fold(body.to_owned(), |body, (how, space)| format!("{space}{}{space}", wrap(*how, &body)))
}

/// Letters that no text of ours and no other value holds, eight in a row.
fn any_ip() -> impl Strategy<Value = String> {
    prop_oneof!["[jqJQ]{8,40}", "[αβ]{8,24}", "[jq]{4}-[JQ]{4}-[jq]{4}"]
}

fn any_device_id() -> impl Strategy<Value = String> {
    prop_oneof!["[xzXZ]{8,40}", "[γδ]{8,24}", "[xz]{4}-[XZ]{4}-[xz]{4}"]
}

/// How a producer may put a value where it does not belong.
fn put(how: u8, value: &str) -> String {
    match how {
        0 => value.to_owned(),
        1 => format!(" {value}\n"),
        2 => format!("a{value}b"),
        3 => value.to_uppercase(),
        _ => value.replace('-', "%2D"),
    }
}

fn assert_hidden(shown: &str, value: &str) {
    let shown = shown.to_lowercase();
    let letters: Vec<char> = value.to_lowercase().chars().collect();
    for run in letters.windows(8) {
        let run: String = run.iter().collect();
        assert!(!shown.contains(&run), "{run} in {shown}");
    }
}

/// Checks that nothing shown, and nothing stored but a guest's user_id, tells one of the values.
fn assert_tells_none(body: &str, ip: &str, device_id: &str) {
    let verdict = judge(body, &Masker::Plain, None);
    let shown = match &verdict {
        Verdict::Login(row) => {
            assert_hidden(&row.user_id, ip);
            let columns = [&row.device_type, row.locale.as_deref().unwrap_or_default(), &row.version_text];
            format!("{} {}", columns.join(" "), row.description())
        }
        Verdict::Reject(reject) => format!("{} {}", reject.rejection, reject.description),
    };
    for value in [ip, device_id] {
        assert_hidden(&format!("{verdict:?} {shown}"), value);
    }
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in ".*") {
        judge(&body, &Masker::Plain, None);
    }

    #[test]
    fn up_to_four_wrappers_in_any_order_change_nothing(wrappers in wrappers(0..=4)) {
        let (plain, row) = (row(SAMPLE), row(&wrapped(SAMPLE, &wrappers)));
        prop_assert_eq!((row.user_id, row.device_type, row.locale), (plain.user_id, plain.device_type, plain.locale));
        prop_assert_eq!((row.masked_ip, row.masked_device_id), (plain.masked_ip, plain.masked_device_id));
        prop_assert_eq!((row.app_version, row.version_text), (plain.app_version, plain.version_text));
    }

    #[test]
    fn a_fifth_wrapper_makes_it_rogue(wrappers in wrappers(5..=6)) {
        prop_assert_eq!(reason(&wrapped(SAMPLE, &wrappers)).class(), Class::Rogue);
    }

    #[test]
    fn a_reject_has_one_reason_however_it_is_wrapped(
        wrappers in wrappers(0..=4),
        key in prop::sample::select(read_body::KEYS.to_vec()),
    ) {
        let body = sample_with(key, json!(["x"]));
        prop_assert_eq!(reject(&wrapped(&body, &wrappers)).rejection, reject(&body).rejection);
    }

    #[test]
    fn a_value_in_the_wrong_field_is_readable_nowhere(
        ip in any_ip(),
        device_id in any_device_id(),
        is_ip in any::<bool>(),
        field in prop::sample::select(vec!["app_version", "device_type", "locale", "user_id", "extra"]),
        how in 0_u8..5,
        wrappers in wrappers(0..=5),
    ) {
        let mut login: Value = serde_json::from_str(SAMPLE).unwrap();
        (login["ip"], login["device_id"]) = (json!(ip), json!(device_id));
        login[field] = json!(put(how, if is_ip { &ip } else { &device_id }));
        assert_tells_none(&wrapped(&login.to_string(), &wrappers), &ip, &device_id);
    }

    #[test]
    fn an_address_in_the_wrong_field_is_refused(
        v4 in any::<[u8; 4]>(),
        v6 in any::<[u16; 8]>(),
        is_v6 in any::<bool>(),
        field in prop::sample::select(vec!["device_type", "locale", "user_id"]),
        own in any::<bool>(),
    ) {
        let ip = match is_v6 {
            true => std::net::Ipv6Addr::from(v6).to_string(),
            false => std::net::Ipv4Addr::from(v4).to_string(),
        };
        let mut login: Value = serde_json::from_str(&sample_with(field, json!(ip))).unwrap();
        if own {
            login["ip"] = json!(ip);
        }
        prop_assert_eq!(reason(&login.to_string()), Reason::MisplacedValue);
    }

    #[test]
    fn hostile_bodies_tell_nothing(
        ip in any_ip(),
        device_id in any_device_id(),
        shape in 0_u8..9,
        cut in any::<prop::sample::Index>(),
        wrappers in wrappers(0..=5),
    ) {
        let login = json!({"user_id": "anna", "app_version": 1, "ip": ip, "device_id": [device_id]}).to_string();
        let body = match shape {
            0 => login.chars().take(cut.index(login.chars().count())).collect(),
            1 => format!("<ip>{ip}</ip><device_id>{device_id}</device_id>"),
            2 => format!("ip={ip}&device_id={device_id}"),
            3 => json!({ip.as_str(): {device_id.as_str(): 1}}).to_string(),
            4 => format!("{login}{login}"),
            5 => json!([ip, device_id, {"s3BucketName": ip, "s3Key": device_id}]).to_string(),
            6 => json!({"Type": "SubscriptionConfirmation", "Token": ip, "SubscribeURL": device_id}).to_string(),
            7 => format!("{{'ip': '{ip}', 'device_id': '{device_id}'}}"),
            _ => json!({"userId": device_id, "context": {"client": [ip]}, "Type": ip, "Message": device_id}).to_string(),
        };
        assert_tells_none(&wrapped(&body, &wrappers), &ip, &device_id);
    }

    #[test]
    fn a_cut_body_is_never_accepted(cut in 1..SAMPLE.len() - 1) {
        reject(SAMPLE.get(..cut).unwrap());
    }
}
