//! What may be told of a body: which of the six keys are there and of what type, kinds and sizes, and no value.

use std::fmt;

use super::read_body::{self, Body, Field, Fields, KEYS};
use super::unwrap_body::Wrappers;

/// A longer version is told by its length: its shape could be as long as the body.
const LONGEST_SHAPE: usize = 32;

/// Where an object was found in a body, and how large it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    pub wrappers: Wrappers,
    pub bytes: u32,
    /// How many keys are none of the six.
    pub other_keys: u32,
}

/// What is told of the value of one key.
pub enum Told<'a> {
    Missing,
    Null,
    /// A text of so many characters.
    Text(u32),
    /// A version by its shape: each digit is 9.
    Version(&'a str),
    /// The name of another type, with its article.
    Other(&'static str),
}

impl<'a> Told<'a> {
    pub fn text(text: &str) -> Told<'a> {
        Told::Text(length(text))
    }

    pub fn version(text: &'a str) -> Told<'a> {
        let is_version = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if is_version && (1..=LONGEST_SHAPE).contains(&text.len()) {
            Told::Version(text)
        } else {
            Told::text(text)
        }
    }

    fn field(name: &str, field: Option<&'a Field<'_>>) -> Told<'a> {
        match field {
            None => Told::Missing,
            Some(Field::Null) => Told::Null,
            Some(Field::Other(kind)) => Told::Other(kind),
            Some(Field::Text(text)) if name == "app_version" => Told::version(text),
            Some(Field::Text(text)) => Told::text(text),
        }
    }
}

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Told::Missing => f.write_str("missing"),
            Told::Null => f.write_str("null"),
            Told::Text(length) => write!(f, "text of {}", count(*length as usize, "character")),
            Told::Version(text) => f.write_str(&text.replace(|letter: char| letter.is_ascii_digit(), "9")),
            Told::Other(kind) => f.write_str(kind),
        }
    }
}

/// A JSON object; `told` is in the order of `KEYS`.
pub fn object(found: &Found, told: [Told<'_>; 6]) -> String {
    let keys: Vec<String> = KEYS.iter().zip(told).map(|(key, told)| format!("{key} {told}")).collect();
    let Found { wrappers, bytes, other_keys } = found;
    let others = match *other_keys {
        0 => String::new(),
        others => format!(", {}", count(others as usize, "other key")),
    };
    format!("{wrappers}JSON object, {}: {}{others}", count(*bytes as usize, "byte"), keys.join(", "))
}

/// The object that was found to be no login.
pub fn fields(found: &Found, fields: &Fields<'_>) -> String {
    let [user_id, app_version, device_type, ip, locale, device_id] = KEYS;
    let [a, b, c, d, e, f] = fields.values();
    let told = [
        Told::field(user_id, a),
        Told::field(app_version, b),
        Told::field(device_type, c),
        Told::field(ip, d),
        Told::field(locale, e),
        Told::field(device_id, f),
    ];
    object(found, told)
}

/// Whatever is no JSON object, by its kind and size.
pub fn other(wrappers: Wrappers, text: &str) -> String {
    let bytes = count(text.len(), "byte");
    let kind = match read_body::read(text) {
        Ok(Body::Object(_)) => "JSON object".to_owned(),
        Ok(Body::Array { items }) => format!("JSON array of {items}"),
        Ok(Body::Single(Field::Text(text))) => {
            format!("JSON text of {}", count(text.chars().count(), "character"))
        }
        Ok(Body::Single(Field::Null)) => "JSON null".to_owned(),
        Ok(Body::Single(Field::Other(kind))) => format!("JSON, {kind}"),
        Err(_) => guess(text).to_owned(),
    };
    format!("{wrappers}{kind}, {bytes}")
}

/// What a text that is no JSON was probably meant to be.
fn guess(text: &str) -> &'static str {
    let is_base64 =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_=\r\n".contains(&byte));
    match text.as_bytes().first() {
        None => "nothing",
        Some(b'<') => "XML?",
        Some(b'{' | b'[' | b'"') => "JSON?",
        Some(_) if text.contains('=') && text.contains('&') => "a form?",
        Some(_) if text.len() >= 16 && is_base64(text) => "base64?",
        Some(_) => "text",
    }
}

/// In characters. SQS has no body that is too long for these 32 bits.
pub fn length(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

/// "1 byte", "2 bytes".
fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn describe(text: &str) -> String {
        match read_body::read(text) {
            Ok(Body::Object(read)) => {
                let found = Found { bytes: text.len() as u32, other_keys: read.others, ..Found::default() };
                fields(&found, &read)
            }
            _ => other(Wrappers::default(), text),
        }
    }

    #[test]
    fn an_object_is_told_by_its_keys_and_types() {
        let text = r#"{"user_id":"anna","app_version":"2.30.0-b","device_type":7,"ip":null,"device_id":["x"],"Anna":1,"b":2}"#;
        let expected = "JSON object, 102 bytes: user_id text of 4 characters, app_version text of 8 characters, \
             device_type a number, ip null, locale missing, device_id an array, 2 other keys";
        assert_eq!(describe(text), expected);
    }

    #[test]
    fn a_version_is_told_by_its_shape_unless_it_is_none() {
        let table = [
            ("2.30.0", "9.99.9"),
            ("255.255.113.177", "999.999.999.999"),
            (".", "."),
            ("", "text of 0 characters"),
            ("Jane Roe", "text of 8 characters"),
            ("٢", "text of 1 character"),
        ];
        for (version, told) in table {
            assert_eq!(Told::version(version).to_string(), told, "{version:?}");
        }
        assert_eq!(Told::version(&"1".repeat(33)).to_string(), "text of 33 characters");
    }

    #[test]
    fn what_is_no_object_is_told_by_its_kind_and_size() {
        let table = [
            ("", "nothing, 0 bytes"),
            ("x", "text, 1 byte"),
            ("anna,2.3.0,ios", "text, 14 bytes"),
            ("<login><ip>10.0.0.1</ip></login>", "XML?, 32 bytes"),
            ("ip=10.0.0.1&user_id=anna", "a form?, 24 bytes"),
            ("{'user_id': 'anna'}", "JSON?, 19 bytes"),
            ("aXA9MjAwMTpkYjg6\nOmZlZWQ=", "base64?, 25 bytes"),
            ("[1, [2, 3]]", "JSON array of 2, 11 bytes"),
            ("\"10.0.0.1\"", "JSON text of 8 characters, 10 bytes"),
            ("null", "JSON null, 4 bytes"),
            ("true", "JSON, a boolean, 4 bytes"),
            ("3405803853", "JSON, a number, 10 bytes"),
        ];
        for (text, told) in table {
            assert_eq!(describe(text), told);
        }
    }
}
