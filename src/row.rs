//! The row of `user_logins`: the columns as they are stored, personal values already masked.

use crate::login::Login;
use crate::mask::{Masked, Masker, Personal};

/// One row, but for `create_date`, which is the day of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRow {
    pub user_id: String,
    pub device_type: String,
    pub masked_ip: Masked,
    pub masked_device_id: Masked,
    pub locale: Option<String>,
    pub app_version: i32,
}

impl LoginRow {
    /// What may be told of a login that could not be stored: the kinds of its values, and nothing of them.
    pub fn describe(&self) -> String {
        let text = |text: &str| format!("text of {} characters", text.chars().count());
        serde_json::json!({
            "user_id": text(&self.user_id),
            "device_type": text(&self.device_type),
            "ip": "masked",
            "device_id": "masked",
            "locale": self.locale.as_deref().map(text),
            "app_version": format!("number of {} digits", self.app_version.to_string().len()),
        })
        .to_string()
    }

    pub fn new(event: Login<'_>, masker: &Masker) -> LoginRow {
        LoginRow {
            masked_ip: masker.mask(Personal::Ip, event.ip.as_deref()),
            masked_device_id: masker.mask(Personal::DeviceId, event.device_id.as_deref()),
            user_id: event.user_id.into_owned(),
            device_type: event.device_type.into_owned(),
            locale: event.locale.map(std::borrow::Cow::into_owned),
            app_version: event.app_version,
        }
    }
}
