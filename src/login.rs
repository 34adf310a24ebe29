//! The meaning of a body: JSON text in, a checked login event or a rejection out.

mod field;

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;

use crate::reject::{Reason, Rejection};
use crate::version;
use field::Field;

/// Column widths of `user_logins`, in characters.
pub const USER_ID_WIDTH: usize = 128;
pub const DEVICE_TYPE_WIDTH: usize = 32;
pub const LOCALE_WIDTH: usize = 32;

/// A login that may be stored once its `ip` and `device_id` are masked.
/// `Debug` is left out on purpose: both are personal data.
pub struct Login<'a> {
    pub user_id: Cow<'a, str>,
    pub device_type: Cow<'a, str>,
    /// `None` where the producer sent null: a blank.
    pub ip: Option<Cow<'a, str>>,
    /// `None` where the producer sent null: a blank.
    pub device_id: Option<Cow<'a, str>>,
    pub locale: Option<Cow<'a, str>>,
    /// The digits of the version without its dots: "2.3.0" is 230.
    pub app_version: i32,
}

/// Reads a message body; an SNS notification is opened and its inner message read instead.
pub fn parse(body: &str) -> Result<Login<'_>, Rejection> {
    let fields: Fields<'_> = read_json(body)?;
    match fields.notification() {
        Some(inner) => read_json::<Fields<'_>>(inner)?.check().map(Login::into_owned),
        None => fields.check(),
    }
}

fn read_json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Rejection> {
    serde_json::from_str(text).map_err(|error| match error.classify() {
        // Only the place is told: serde_json's own words quote the value.
        Category::Data => Rejection::new(Reason::NotAnObject, "the body is JSON, but not an object"),
        _ => Rejection::new(
            Reason::NotJson,
            format!("the body stops being JSON at line {} column {}", error.line(), error.column()),
        ),
    })
}

/// The keys we look at, as they came. A key that repeats counts with its last value, as most readers do.
#[derive(Default)]
struct Fields<'a> {
    user_id: Option<Field<'a>>,
    app_version: Option<Field<'a>>,
    device_type: Option<Field<'a>>,
    ip: Option<Field<'a>>,
    locale: Option<Field<'a>>,
    device_id: Option<Field<'a>>,
    envelope_type: Option<Field<'a>>,
    envelope_message: Option<Field<'a>>,
}

impl<'a> Fields<'a> {
    /// The inner message, where this is an SNS notification.
    fn notification(&self) -> Option<&str> {
        match (&self.envelope_type, &self.envelope_message) {
            (Some(Field::Text(kind)), Some(Field::Text(message))) if kind == "Notification" => Some(message),
            _ => None,
        }
    }

    fn check(self) -> Result<Login<'a>, Rejection> {
        // Presence comes first, so that a foreign message is told by what it lacks.
        let user_id = field::present("user_id", self.user_id)?;
        let app_version = field::present("app_version", self.app_version)?;
        let device_type = field::present("device_type", self.device_type)?;
        let ip = field::present("ip", self.ip)?;
        let locale = field::present("locale", self.locale)?;
        let device_id = field::present("device_id", self.device_id)?;
        let event = Login {
            user_id: user_id.text("user_id")?,
            device_type: device_type.text("device_type")?,
            ip: ip.text_or_null("ip")?,
            device_id: device_id.text_or_null("device_id")?,
            locale: locale.text_or_null("locale")?,
            app_version: version::parse(&app_version.text("app_version")?)?,
        };
        event.check_storable()?;
        Ok(event)
    }
}

impl Login<'_> {
    fn check_storable(&self) -> Result<(), Rejection> {
        if self.user_id.is_empty() {
            return Err(Rejection::new(Reason::Empty, "user_id is empty"));
        }
        field::fits("user_id", &self.user_id, USER_ID_WIDTH)?;
        field::fits("device_type", &self.device_type, DEVICE_TYPE_WIDTH)?;
        self.locale.as_deref().map_or(Ok(()), |locale| field::fits("locale", locale, LOCALE_WIDTH))
    }

    fn into_owned(self) -> Login<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Login {
            user_id: own(self.user_id),
            device_type: own(self.device_type),
            ip: self.ip.map(own),
            device_id: self.device_id.map(own),
            locale: self.locale.map(own),
            app_version: self.app_version,
        }
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Not derived: a derived struct would also take a JSON array, and would refuse a repeated key.
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::default();
        while let Some(field::Key(key)) = map.next_key()? {
            let slot = match key.as_ref() {
                "user_id" => &mut fields.user_id,
                "app_version" => &mut fields.app_version,
                "device_type" => &mut fields.device_type,
                "ip" => &mut fields.ip,
                "locale" => &mut fields.locale,
                "device_id" => &mut fields.device_id,
                "Type" => &mut fields.envelope_type,
                "Message" => &mut fields.envelope_message,
                _ => {
                    map.next_value::<serde::de::IgnoredAny>()?;
                    continue;
                }
            };
            *slot = Some(map.next_value()?);
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests;
