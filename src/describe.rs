//! What may be shown or kept of a body that could not be stored: the same text without personal data.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::mask::{Masker, Personal};

/// Bytes kept of one body. Longer ones say how much was cut; a message may be 1 MiB, a batch has 1,000.
pub const LONGEST_KEPT: usize = 16 * 1024;

/// The body as it may be stored in `login_drain_rejects.body` and shown by `peek`.
///
/// In a JSON object `ip` and `device_id` are masked at any depth, and every digit in other texts and in
/// numbers becomes `#`. Text that is no JSON loses every digit, and what stands behind an `ip` or
/// `device_id` key in it, as far as that can be told.
pub fn body(text: &str, masker: &Masker) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(value) => shorten(redact_value(value, masker).to_string()),
        Err(_) => shorten(redact_text(text).into_owned()),
    }
}

fn redact_value(value: Value, masker: &Masker) -> Value {
    match value {
        Value::Object(entries) => Value::Object(redact_entries(entries, masker)),
        Value::Array(items) => items.into_iter().map(|item| redact_value(item, masker)).collect(),
        Value::String(text) => Value::String(redact_text(&text).into_owned()),
        // A number may be an address or an id as well as a text may.
        Value::Number(number) => Value::String(redact_text(&number.to_string()).into_owned()),
        Value::Bool(_) | Value::Null => value,
    }
}

fn redact_entries(entries: Map<String, Value>, masker: &Masker) -> Map<String, Value> {
    entries
        .into_iter()
        .map(|(key, value)| match personal(&key) {
            Some(kind) => (key, mask_value(kind, &value, masker)),
            None => (redact_text(&key).into_owned(), redact_value(value, masker)),
        })
        .collect()
}

fn personal(key: &str) -> Option<Personal> {
    [Personal::Ip, Personal::DeviceId].into_iter().find(|kind| key.eq_ignore_ascii_case(kind.name()))
}

fn mask_value(kind: Personal, value: &Value, masker: &Masker) -> Value {
    let mask = match value {
        Value::Null => return Value::Null,
        Value::String(text) => masker.mask(kind, Some(text)),
        other => masker.mask(kind, Some(&other.to_string())),
    };
    Value::String(mask.as_str().to_owned())
}

/// Digits become `#`, and so does every letter of a value that follows the name of a personal key.
fn redact_text(text: &str) -> Cow<'_, str> {
    if !text.contains(|letter: char| letter.is_numeric() || letter == '\0') && !names_personal(text) {
        return Cow::Borrowed(text);
    }
    let mut hiding = Hiding::No;
    Cow::Owned(text.char_indices().map(|(at, letter)| hiding.next(text, at, letter)).collect())
}

fn names_personal(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    lower.contains("ip") || lower.contains("device_id")
}

/// Where the scan of a text stands: outside, before the value of a personal key, or inside it.
#[derive(Clone, Copy)]
enum Hiding {
    No,
    BeforeValue,
    InValue,
}

impl Hiding {
    fn next(&mut self, text: &str, at: usize, letter: char) -> char {
        *self = match (*self, letter) {
            (Hiding::No, ':' | '=') if ends_with_personal_key(text.get(..at).unwrap_or_default()) => {
                Hiding::BeforeValue
            }
            (Hiding::BeforeValue, letter) if letter.is_alphanumeric() => Hiding::InValue,
            (Hiding::InValue, '"' | '\'' | ',' | '}' | '\n') => Hiding::No,
            (state, _) => state,
        };
        match (*self, letter) {
            (Hiding::InValue, _) => '#',
            (_, '\0') => char::REPLACEMENT_CHARACTER,
            (_, letter) if letter.is_numeric() => '#',
            (_, letter) => letter,
        }
    }
}

fn ends_with_personal_key(before: &str) -> bool {
    let name =
        before.trim_end_matches(|letter: char| matches!(letter, '"' | '\'' | '\\') || letter.is_whitespace());
    [Personal::Ip, Personal::DeviceId].into_iter().any(|kind| {
        name.len().checked_sub(kind.name().len()).and_then(|start| name.get(start..)).is_some_and(|tail| {
            tail.eq_ignore_ascii_case(kind.name())
                && !name.strip_suffix(tail).is_some_and(|rest| rest.ends_with(char::is_alphanumeric))
        })
    })
}

fn shorten(mut text: String) -> String {
    if text.len() > LONGEST_KEPT {
        let whole = text.len();
        text.truncate(text.floor_char_boundary(LONGEST_KEPT));
        text.push_str(&format!("… (cut, {whole} bytes in all)").replace(|c: char| c.is_ascii_digit(), "#"));
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn redact(text: &str) -> String {
        body(text, &Masker::Plain)
    }

    const MASK_OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn ip_and_device_id_are_masked_at_any_depth_and_other_digits_hidden() {
        let text =
            r#"{"a":[{"ip":"abc","b":"call 555-0101"}],"device_id":"abc","n":42,"ok":true,"none":null}"#;
        let expected = format!(
            r#"{{"a":[{{"b":"call ***-****","ip":"{MASK_OF_ABC}"}}],"device_id":"{MASK_OF_ABC}","n":"**","none":null,"ok":true}}"#
        );
        assert_eq!(redact(text), expected.replace('*', "#"));
    }

    #[test]
    fn a_personal_value_of_another_type_is_masked_as_its_json_text() {
        let masked = redact(r#"{"ip": {"v4": "10.1.2.3"}, "device_id": 5935928}"#);
        assert!(!masked.contains("v4") && !masked.contains("5928"));
        assert_eq!(redact(r#"{"IP": null}"#), r#"{"IP":null}"#);
    }

    #[test]
    fn text_that_is_no_json_loses_digits_and_what_follows_a_personal_key() {
        let table = [
            ("call 555-0101 from ٣", "call ***-**** from *"),
            (r#"{"ip": "fe80::dead:beef", "user": "anna""#, r#"{"ip": "***************", "user": "anna""#),
            (r#"{"device_id":"ab-cd", broken"#, r#"{"device_id":"*****", broken"#),
            (r#"{\"ip\": \"fe::1\", x"#, r#"{\"ip\": \"******", x"#),
            ("DEVICE_ID=abc\nnext", "DEVICE_ID=***\nnext"),
            ("a trip: home", "a trip: home"),
            ("nul \0 here", "nul \u{fffd} here"),
        ];
        for (text, expected) in table {
            assert_eq!(redact(text), expected.replace('*', "#"));
        }
    }

    #[test]
    fn a_long_body_is_cut_at_a_character() {
        let redacted = redact(&"é".repeat(LONGEST_KEPT));
        assert!(redacted.len() < LONGEST_KEPT + 100);
        assert!(redacted.ends_with("bytes in all)"));
    }

    proptest! {
        #[test]
        fn no_digit_survives_in_text(text in ".*") {
            prop_assume!(serde_json::from_str::<Value>(&text).is_err());
            prop_assert!(!redact(&text).contains(char::is_numeric));
        }

        #[test]
        fn a_personal_value_survives_nowhere(value in "[g-zG-Z]{6,20}", wrap in 0_u8..4) {
            let event = serde_json::json!({"ip": value, "x": [{"device_id": value}]}).to_string();
            let text = match wrap {
                0 => event,
                1 => format!("{event} trailing"),
                2 => serde_json::json!({"Message": event}).to_string(),
                _ => event.trim_end_matches('}').to_owned(),
            };
            prop_assert!(!redact(&text).contains(&value), "{}", redact(&text));
        }
    }
}
