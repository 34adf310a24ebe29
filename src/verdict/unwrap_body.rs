//! The wrappers in which producers and services send a login, and how each is taken off.

use std::borrow::Cow;
use std::fmt;

use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, Engine};
use serde_json::value::RawValue;

use super::read_body::{self, Envelope, Field};
use crate::reject::{Reason, Rejection};

/// How many wrappers are opened, one inside the other. White space and a byte order mark count as none.
pub const DEEPEST: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrapper {
    JsonText,
    Base64,
    Sns,
    EventBridge,
    CloudEvent,
}

impl Wrapper {
    fn name(self) -> &'static str {
        match self {
            Wrapper::JsonText => "JSON text",
            Wrapper::Base64 => "base64",
            Wrapper::Sns => "SNS notification",
            Wrapper::EventBridge => "EventBridge event",
            Wrapper::CloudEvent => "CloudEvent",
        }
    }
}

/// The wrappers taken off until now, the outermost first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wrappers([Option<Wrapper>; DEEPEST]);

impl Wrappers {
    /// `None` where the body is too deep for one more.
    pub fn with(mut self, wrapper: Wrapper) -> Option<Wrappers> {
        *self.0.iter_mut().find(|place| place.is_none())? = Some(wrapper);
        Some(self)
    }
}

/// "SNS notification of base64 of ", to stand before what was found inside.
impl fmt::Display for Wrappers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().flatten().try_for_each(|wrapper| write!(f, "{} of ", wrapper.name()))
    }
}

/// The text without the white space and the byte order marks around it.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}')
}

/// What an object wraps, where it is a wrapper: the texts to look into, in this order.
pub fn wrapped<'a>(envelope: &'a Envelope<'_>) -> impl Iterator<Item = (Wrapper, Cow<'a, str>)> {
    let is_notification = text_of(&envelope.kind) == Some("Notification");
    let message = text_of(&envelope.message).filter(|_| is_notification).map(Cow::Borrowed);
    let detail = envelope.detail.filter(|_| envelope.detail_type.is_some()).map(content);
    let data = envelope.data.filter(|_| envelope.specversion.is_some()).map(content);
    let binary = text_of(&envelope.data_base64).filter(|_| envelope.specversion.is_some());
    let binary = binary.and_then(from_base64).map(Cow::Owned);
    [
        (Wrapper::Sns, message),
        (Wrapper::EventBridge, detail),
        (Wrapper::CloudEvent, data),
        (Wrapper::CloudEvent, binary),
    ]
    .into_iter()
    .filter_map(|(wrapper, text)| Some((wrapper, text?)))
}

fn text_of<'a>(field: &'a Option<Field<'_>>) -> Option<&'a str> {
    field.as_ref().and_then(Field::as_text)
}

/// What a JSON value says: a text without its quotes, everything else as it stands.
fn content(json: &RawValue) -> Cow<'_, str> {
    read_body::text(json.get()).unwrap_or(Cow::Borrowed(json.get()))
}

/// Why an object that is no login must not be deleted: what it stands for is somewhere else.
pub fn stands_for_another(envelope: &Envelope<'_>) -> Option<Rejection> {
    let is_pointer = envelope.s3_bucket_name.is_some() && envelope.s3_key.is_some();
    if is_pointer || envelope.s3_payload.is_some() {
        return Some(s3_pointer());
    }
    let kind = text_of(&envelope.kind)?;
    matches!(kind, "SubscriptionConfirmation" | "UnsubscribeConfirmation").then(|| {
        let detail = "SNS asks whether this queue subscribes to a topic: confirm or delete it by hand";
        Rejection::new(Reason::SubscriptionConfirmation, detail)
    })
}

/// Whether a list begins with the class that the extended client libraries put before their pointer into S3.
pub fn names_s3_pointer(list: &str) -> bool {
    let first = values(list).next().and_then(read_body::text);
    first.is_some_and(|class| class.ends_with("S3Pointer"))
}

pub fn s3_pointer() -> Rejection {
    let detail =
        "the body is a pointer to one in S3, which is not fetched: send logins without the extended client";
    Rejection::new(Reason::S3Pointer, detail)
}

/// The text behind base64 in standard or URL-safe letters, padded or not, with line ends or without.
pub fn from_base64(text: &str) -> Option<String> {
    let mut letters = Vec::with_capacity(text.len());
    for byte in text.trim_end_matches(|letter: char| letter == '=' || letter.is_whitespace()).bytes() {
        match byte {
            b'-' => letters.push(b'+'),
            b'_' => letters.push(b'/'),
            b'+' | b'/' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => letters.push(byte),
            _ if byte.is_ascii_whitespace() => {}
            _ => return None,
        }
    }
    let decoded = LENIENT.decode(letters).ok().filter(|bytes| !bytes.is_empty())?;
    String::from_utf8(decoded).ok()
}

/// Padding is cut off before; bits behind the last byte are no reason to lose a login.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// The JSON values that stand one behind the other in a text, up to where it stops being JSON: those that a producer
/// wrote on a line each or without anything between them, or those of an array, also of one that is never closed.
pub fn values(text: &str) -> Values<'_> {
    let rest = text.trim_start_matches(separates);
    let first = Values { rest }.next();
    let is_array = first.is_none_or(|first| first.len() == rest.len());
    let inside = if is_array { rest.strip_prefix('[') } else { None };
    Values { rest: inside.unwrap_or(rest).trim_start_matches(separates) }
}

pub struct Values<'a> {
    /// What has not been read, without separators in front.
    pub rest: &'a str,
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let mut stream = serde_json::Deserializer::from_str(self.rest).into_iter::<&RawValue>();
        let value = stream.next()?.ok()?.get();
        let end = stream.byte_offset();
        self.rest = self.rest.get(end..)?.trim_start_matches(separates);
        Some(value)
    }
}

/// Commas, line ends, and the sign that begins each text of a JSON text sequence.
fn separates(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, ',' | '\u{1e}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_in_each_of_its_spellings() {
        for text in ["PDw/Pz8+Pg==", "PDw/Pz8+Pg", "PDw_Pz8-Pg", "PDw/\nPz8+\r\nPg==\n", "PDw_Pz8-Pg=="] {
            assert_eq!(from_base64(text).as_deref(), Some("<<???>>"), "{text:?}");
        }
        for text in ["PDw/Pz8+P!==", "PDw=Pz8+", "{}", "A", "////"] {
            assert_eq!(from_base64(text), None, "{text:?}");
        }
    }

    #[test]
    fn values_are_told_apart_with_and_without_something_between_them() {
        for text in [
            "[{},[1,2],\"a\"]",
            "{}[1,2]\"a\"",
            "{}\n[1,2]\r\n\"a\"\n",
            "\u{1e}{}\n\u{1e}[1,2]\n\"a\"",
            "{},[1,2],\"a\"",
        ] {
            assert_eq!(values(text).collect::<Vec<_>>(), ["{}", "[1,2]", "\"a\""], "{text:?}");
        }
        let mut cut = values("{} {\"a\": ");
        assert_eq!((cut.next(), cut.next(), cut.rest), (Some("{}"), None, "{\"a\": "));
    }

    #[test]
    fn a_fifth_wrapper_is_one_too_many() {
        let four = (0..DEEPEST).try_fold(Wrappers::default(), |wrappers, _| wrappers.with(Wrapper::Base64));
        assert_eq!(
            four.map(|four| four.to_string()).as_deref(),
            Some("base64 of base64 of base64 of base64 of ")
        );
        assert_eq!(four.and_then(|four| four.with(Wrapper::Sns)), None);
    }
}
