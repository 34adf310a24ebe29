//! The way to a PostgreSQL session: settings as libpq reads them, hosts in order, TLS, and plain words for
//! every refusal.

mod attempt;
mod client_certificate;
mod endpoint;
mod environment;
mod keys;
mod keyword_value;
mod passfile;
mod password;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod psql_parity;
mod refusal;
mod servicefile;
mod session;
mod session_attributes;
mod settings;
mod target;
mod tls;
mod url;

pub use target::Target;

/// Whether a URL or a `key=value` string carries a password.
pub fn holds_password(text: &str) -> bool {
    settings::Settings::from_text(text).is_ok_and(|settings| settings.text("password").is_some())
}

/// Where settings come from; `environment` is the only door to the process environment (tests pass a map).
pub struct Source<'a> {
    /// A `postgresql://` URL or a `key=value` string.
    pub database_url: Option<String>,
    pub environment: &'a dyn Fn(&str) -> Option<String>,
}
