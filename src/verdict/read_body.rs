//! A text read as JSON, one level deep: the keys of a login and of known wrappers as they came, the rest counted.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// What a text is, read as JSON.
pub enum Body<'a> {
    Object(Fields<'a>),
    Array { items: usize },
    Single(Field<'a>),
}

/// A value, as far as a login cares: text, null, or the name of some other type with its article.
pub enum Field<'a> {
    Text(Cow<'a, str>),
    Null,
    Other(&'static str),
}

/// The six keys of a login, in the order in which they are told.
pub const KEYS: [&str; 6] = ["user_id", "app_version", "device_type", "ip", "locale", "device_id"];

/// The keys by which wrappers and pointers are known: what each of them holds.
#[derive(Default)]
pub struct Envelope<'a> {
    pub kind: Option<Field<'a>>,
    pub message: Option<Field<'a>>,
    pub detail_type: Option<Field<'a>>,
    pub detail: Option<&'a RawValue>,
    pub specversion: Option<Field<'a>>,
    pub data: Option<&'a RawValue>,
    pub data_base64: Option<Field<'a>>,
    pub s3_bucket_name: Option<Field<'a>>,
    pub s3_key: Option<Field<'a>>,
    pub s3_payload: Option<Field<'a>>,
}

/// An object's values. A key that repeats counts with its last value, as most readers do.
#[derive(Default)]
pub struct Fields<'a> {
    pub user_id: Option<Field<'a>>,
    pub app_version: Option<Field<'a>>,
    pub device_type: Option<Field<'a>>,
    pub ip: Option<Field<'a>>,
    pub locale: Option<Field<'a>>,
    pub device_id: Option<Field<'a>>,
    /// How many keys are none of the six.
    pub others: u32,
    /// `None` where it has none of an envelope's keys, as a plain login.
    pub envelope: Option<Box<Envelope<'a>>>,
}

impl<'a> Fields<'a> {
    /// In the order of `KEYS`.
    pub fn values(&self) -> [Option<&Field<'a>>; 6] {
        [&self.user_id, &self.app_version, &self.device_type, &self.ip, &self.locale, &self.device_id]
            .map(Option::as_ref)
    }

    pub fn has_all_keys(&self) -> bool {
        self.values().iter().all(Option::is_some)
    }
}

/// Where a text stops being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotJson {
    pub line: usize,
    pub column: usize,
}

/// Reads a whole text. Values that nobody asks for are skipped, however deep they are nested.
pub fn read(text: &str) -> Result<Body<'_>, NotJson> {
    let body = match text.trim_start().as_bytes().first() {
        Some(b'{') => serde_json::from_str(text).map(Body::Object),
        Some(b'[') => serde_json::from_str(text).map(|Items(items)| Body::Array { items }),
        _ => serde_json::from_str(text).map(Body::Single),
    };
    // Only the place is kept of an error: serde_json's own words quote the value.
    body.map_err(|error| NotJson { line: error.line(), column: error.column() })
}

/// The text that a JSON text holds.
pub fn text(json: &str) -> Option<Cow<'_, str>> {
    match read(json) {
        Ok(Body::Single(Field::Text(text))) => Some(text),
        _ => None,
    }
}

/// An object's key, borrowed where it holds no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not derived: a derived struct would also take a JSON array, and would refuse a repeated key.
        deserializer.deserialize_map(FieldsVisitor)
    }
}

impl Field<'_> {
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Field::Text(text) => Some(text),
            Field::Null | Field::Other(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for Field<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FieldVisitor)
    }
}

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(FieldVisitor)? {
            Field::Text(text) => Ok(Key(text)),
            _ => Ok(Key(Cow::Borrowed(""))),
        }
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some(Key(key)) = map.next_key()? {
            let slot = match key.as_ref() {
                "user_id" => &mut fields.user_id,
                "app_version" => &mut fields.app_version,
                "device_type" => &mut fields.device_type,
                "ip" => &mut fields.ip,
                "locale" => &mut fields.locale,
                "device_id" => &mut fields.device_id,
                other => {
                    fields.others = fields.others.saturating_add(1);
                    read_envelope(&mut fields.envelope, other, &mut map)?;
                    continue;
                }
            };
            *slot = Some(map.next_value()?);
        }
        Ok(fields)
    }
}

/// Reads the value of a key that is none of the six.
fn read_envelope<'de, A: MapAccess<'de>>(
    envelope: &mut Option<Box<Envelope<'de>>>,
    key: &str,
    map: &mut A,
) -> Result<(), A::Error> {
    match key {
        "Type" => envelope.get_or_insert_default().kind = Some(map.next_value()?),
        "Message" => envelope.get_or_insert_default().message = Some(map.next_value()?),
        "detail-type" => envelope.get_or_insert_default().detail_type = Some(map.next_value()?),
        "detail" => envelope.get_or_insert_default().detail = Some(map.next_value()?),
        "specversion" => envelope.get_or_insert_default().specversion = Some(map.next_value()?),
        "data" => envelope.get_or_insert_default().data = Some(map.next_value()?),
        "data_base64" => envelope.get_or_insert_default().data_base64 = Some(map.next_value()?),
        "s3BucketName" => envelope.get_or_insert_default().s3_bucket_name = Some(map.next_value()?),
        "s3Key" => envelope.get_or_insert_default().s3_key = Some(map.next_value()?),
        "S3Payload" => envelope.get_or_insert_default().s3_payload = Some(map.next_value()?),
        _ => drop(map.next_value::<IgnoredAny>()?),
    }
    Ok(())
}

/// How many values an array has.
struct Items(usize);

impl<'de> Deserialize<'de> for Items {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ItemsVisitor)
    }
}

struct ItemsVisitor;

impl<'de> Visitor<'de> for ItemsVisitor {
    type Value = Items;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Items, A::Error> {
        let mut items = 0;
        while values.next_element::<IgnoredAny>()?.is_some() {
            items += 1;
        }
        Ok(Items(items))
    }
}

struct FieldVisitor;

impl<'de> Visitor<'de> for FieldVisitor {
    type Value = Field<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Field<'de>, E> {
        Ok(Field::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Field<'de>, E> {
        Ok(Field::Other("a boolean"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Field<'de>, E> {
        Ok(Field::Other("a number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Field<'de>, E> {
        Ok(Field::Other("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Field<'de>, E> {
        Ok(Field::Other("a number"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Field<'de>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Other("an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Field<'de>, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Other("an object"))
    }
}
