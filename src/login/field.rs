//! One value of a JSON object as it came, and the checks that single fields pass.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::reject::{Reason, Rejection};

/// A value, as far as a login cares: text, null, or the name of some other type.
pub enum Field<'a> {
    Text(Cow<'a, str>),
    Null,
    Other(&'static str),
}

/// An object's key, borrowed where it holds no escapes.
pub struct Key<'a>(pub Cow<'a, str>);

pub fn present<'a>(name: &str, field: Option<Field<'a>>) -> Result<Field<'a>, Rejection> {
    field.ok_or_else(|| Rejection::new(Reason::MissingKey, format!("{name} is missing")))
}

/// PostgreSQL counts a varchar in characters and stores no NUL.
pub fn fits(name: &str, text: &str, width: usize) -> Result<(), Rejection> {
    if text.contains('\0') {
        return Err(Rejection::new(Reason::NulCharacter, format!("{name} holds a NUL character")));
    }
    // Bytes are never fewer than characters, so most texts need no counting.
    if text.len() > width && text.chars().count() > width {
        let length = text.chars().count();
        let detail = format!("{name} has {length} characters, the column holds {width}");
        return Err(Rejection::new(Reason::TooLong, detail));
    }
    Ok(())
}

impl<'a> Field<'a> {
    pub fn text(self, name: &str) -> Result<Cow<'a, str>, Rejection> {
        match self {
            Field::Text(text) => Ok(text),
            Field::Null => Err(wrong_type(name, "a string", "null")),
            Field::Other(found) => Err(wrong_type(name, "a string", found)),
        }
    }

    pub fn text_or_null(self, name: &str) -> Result<Option<Cow<'a, str>>, Rejection> {
        match self {
            Field::Text(text) => Ok(Some(text)),
            Field::Null => Ok(None),
            Field::Other(found) => Err(wrong_type(name, "a string or null", found)),
        }
    }
}

fn wrong_type(name: &str, wanted: &str, found: &str) -> Rejection {
    Rejection::new(Reason::WrongType, format!("{name} must be {wanted}, not {found}"))
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
