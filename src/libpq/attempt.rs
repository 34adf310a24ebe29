//! One connection to one address: in which order TLS and plain text are tried.

use postgres::config::SslMode;
use postgres::error::SqlState;
use postgres::{Client, Config, Error, NoTls};

use super::tls::Encryption;

/// Connects as `sslmode` says. A second try is made only where libpq makes one: under `allow` and `prefer`,
/// when the server refuses the login for the way it came. A handshake that fails under `prefer` is final here,
/// while libpq would go on in plain text: whoever breaks the handshake must not thereby get to read along.
pub fn open(config: &Config, encryption: &Encryption) -> Result<Client, Error> {
    let plain = || config.clone().ssl_mode(SslMode::Disable).connect(NoTls);
    match encryption {
        Encryption::Off => plain(),
        Encryption::Require(tls) => config.clone().ssl_mode(SslMode::Require).connect(tls.clone()),
        Encryption::Prefer(tls) => {
            or_else_by(config.clone().ssl_mode(SslMode::Prefer).connect(tls.clone()), plain)
        }
        Encryption::Allow(tls) => {
            or_else_by(plain(), || config.clone().ssl_mode(SslMode::Require).connect(tls.clone()))
        }
    }
}

/// When both ways fail, the first one's error stands: it belongs to the way the user would rather have.
fn or_else_by(
    first: Result<Client, Error>,
    second: impl FnOnce() -> Result<Client, Error>,
) -> Result<Client, Error> {
    match first {
        Err(error) if error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => {
            second().map_err(|_| error)
        }
        result => result,
    }
}
