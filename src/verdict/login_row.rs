//! The row of `user_logins`: the columns as they are stored, personal values already masked.

use std::fmt;

use super::describe::{self, Found, Told};
use super::login::Login;
use super::version;
use crate::mask::{Masked, Masker, Personal};
use crate::reject::{Reason, Rejection};
use crate::seal::{Sealed, Sealer};

/// Column widths of `user_logins`, in characters.
pub const USER_ID_WIDTH: usize = 128;
pub const DEVICE_TYPE_WIDTH: usize = 32;
pub const LOCALE_WIDTH: usize = 32;

/// One row, but for `create_date`.
#[derive(Clone, PartialEq, Eq)]
pub struct LoginRow {
    pub user_id: String,
    pub device_type: String,
    pub masked_ip: Masked,
    pub masked_device_id: Masked,
    /// The raw ip and device_id, where they are kept for whoever has the private key.
    pub sealed: Option<Sealed>,
    pub locale: Option<String>,
    /// The digits of the version without its dots: "2.3.0" is 230.
    pub app_version: i32,
    /// The version as it was sent.
    pub version_text: Box<str>,
    found: Found,
    /// Characters; `None` is a null.
    ip_length: Option<u32>,
    /// Characters; `None` is a null.
    device_id_length: Option<u32>,
}

impl LoginRow {
    pub fn new(
        login: &Login<'_>,
        found: Found,
        masker: &Masker,
        sealer: Option<&Sealer>,
    ) -> Result<LoginRow, Rejection> {
        check_storable(login)?;
        Ok(LoginRow {
            app_version: version::parse(login.app_version)?,
            masked_ip: masker.mask(Personal::Ip, login.ip),
            masked_device_id: masker.mask(Personal::DeviceId, login.device_id),
            sealed: sealer.map(|sealer| seal(login, sealer)).transpose()?,
            user_id: login.user_id.to_owned(),
            device_type: login.device_type.to_owned(),
            locale: login.locale.map(str::to_owned),
            version_text: login.app_version.into(),
            found,
            ip_length: login.ip.map(describe::length),
            device_id_length: login.device_id.map(describe::length),
        })
    }

    /// What may be told of the body that the row was made of, should the table refuse it.
    pub fn description(&self) -> String {
        let text_or_null = |length: Option<u32>| length.map_or(Told::Null, Told::Text);
        let told = [
            Told::text(&self.user_id),
            Told::version(&self.version_text),
            Told::text(&self.device_type),
            text_or_null(self.ip_length),
            self.locale.as_deref().map_or(Told::Null, Told::text),
            text_or_null(self.device_id_length),
        ];
        describe::object(&self.found, told)
    }
}

/// The description, because a user_id is for the table alone.
impl fmt::Debug for LoginRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description())
    }
}

fn check_storable(login: &Login<'_>) -> Result<(), Rejection> {
    if login.user_id.is_empty() {
        return Err(Rejection::new(Reason::Empty, "user_id is empty"));
    }
    check_fit("user_id", login.user_id, USER_ID_WIDTH)?;
    check_fit("device_type", login.device_type, DEVICE_TYPE_WIDTH)?;
    login.locale.map_or(Ok(()), |locale| check_fit("locale", locale, LOCALE_WIDTH))
}

/// A login whose values could not be sealed stays where it is.
fn seal(login: &Login<'_>, sealer: &Sealer) -> Result<Sealed, Rejection> {
    sealer
        .seal(login.user_id, login.ip, login.device_id)
        .ok_or_else(|| Rejection::new(Reason::NotStored, "its ip and device_id could not be sealed"))
}

/// PostgreSQL counts a varchar in characters and stores no NUL.
fn check_fit(name: &str, text: &str, width: usize) -> Result<(), Rejection> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Login<'static> {
        Login {
            user_id: "anna",
            app_version: "2.3.0",
            device_type: "ios",
            ip: Some("10.0.0.1"),
            locale: None,
            device_id: Some(""),
        }
    }

    fn row(login: &Login<'_>) -> Result<LoginRow, Rejection> {
        LoginRow::new(login, Found::default(), &Masker::Plain, None)
    }

    fn reason(login: &Login<'_>) -> Option<Reason> {
        row(login).err().map(|rejection| rejection.reason)
    }

    #[test]
    fn a_text_must_fit_its_column_counted_in_characters() {
        let table = [("é", 0, None), ("é", 1, Some(Reason::TooLong)), ("\0", 0, Some(Reason::NulCharacter))];
        for (letter, more, expected) in table {
            let text = |width: usize| letter.repeat(width + more);
            let [user_id, device_type, locale] = [USER_ID_WIDTH, DEVICE_TYPE_WIDTH, LOCALE_WIDTH].map(text);
            assert_eq!(reason(&Login { user_id: &user_id, ..sample() }), expected, "{letter:?}");
            assert_eq!(reason(&Login { device_type: &device_type, ..sample() }), expected, "{letter:?}");
            assert_eq!(reason(&Login { locale: Some(&locale), ..sample() }), expected, "{letter:?}");
        }
        assert_eq!(reason(&Login { user_id: "", ..sample() }), Some(Reason::Empty));
        assert_eq!(reason(&Login { device_type: "", locale: Some(""), ..sample() }), None);
        let long = "x".repeat(5000);
        assert_eq!(reason(&Login { ip: Some(&long), device_id: Some(&long), ..sample() }), None, "masked");
    }

    #[test]
    fn a_row_keeps_both_forms_of_its_version_and_tells_nothing_of_its_texts() {
        let row = row(&sample()).unwrap();
        assert_eq!((row.app_version, &*row.version_text), (230, "2.3.0"));
        assert_eq!(format!("{row:?}"), row.description());
        assert_eq!(
            row.description(),
            "JSON object, 0 bytes: user_id text of 4 characters, app_version 9.9.9, device_type text of 3 characters, \
             ip text of 8 characters, locale null, device_id text of 0 characters"
        );
    }
}
