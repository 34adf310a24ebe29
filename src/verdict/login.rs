//! A login as its producer sent it: the six values, present and of their types.

use super::read_body::{Field, Fields};
use crate::reject::{Reason, Rejection};

/// `Debug` is left out on purpose: all of it is personal data, as far as anybody knows here.
pub struct Login<'a> {
    pub user_id: &'a str,
    pub app_version: &'a str,
    pub device_type: &'a str,
    /// `None` where the producer sent null: a blank.
    pub ip: Option<&'a str>,
    pub locale: Option<&'a str>,
    /// `None` where the producer sent null: a blank.
    pub device_id: Option<&'a str>,
}

impl<'a> Login<'a> {
    pub fn new(fields: &'a Fields<'_>) -> Result<Login<'a>, Rejection> {
        // Presence comes first, so that a foreign message is told by what it lacks.
        let user_id = present("user_id", &fields.user_id)?;
        let app_version = present("app_version", &fields.app_version)?;
        let device_type = present("device_type", &fields.device_type)?;
        let ip = present("ip", &fields.ip)?;
        let locale = present("locale", &fields.locale)?;
        let device_id = present("device_id", &fields.device_id)?;
        Ok(Login {
            user_id: text("user_id", user_id)?,
            device_type: text("device_type", device_type)?,
            ip: text_or_null("ip", ip)?,
            device_id: text_or_null("device_id", device_id)?,
            locale: text_or_null("locale", locale)?,
            app_version: text("app_version", app_version)?,
        })
    }
}

fn present<'a, 'b>(name: &str, field: &'a Option<Field<'b>>) -> Result<&'a Field<'b>, Rejection> {
    field.as_ref().ok_or_else(|| Rejection::new(Reason::MissingKey, format!("{name} is missing")))
}

fn text<'a>(name: &str, field: &'a Field<'_>) -> Result<&'a str, Rejection> {
    match field {
        Field::Text(text) => Ok(text),
        Field::Null => Err(wrong_type(name, "a string", "null")),
        Field::Other(found) => Err(wrong_type(name, "a string", found)),
    }
}

fn text_or_null<'a>(name: &str, field: &'a Field<'_>) -> Result<Option<&'a str>, Rejection> {
    match field {
        Field::Text(text) => Ok(Some(text)),
        Field::Null => Ok(None),
        Field::Other(found) => Err(wrong_type(name, "a string or null", found)),
    }
}

fn wrong_type(name: &str, wanted: &str, found: &str) -> Rejection {
    Rejection::new(Reason::WrongType, format!("{name} must be {wanted}, not {found}"))
}
