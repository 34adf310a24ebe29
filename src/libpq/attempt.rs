//! One connection to one address: in which order TLS and plain text are tried.

use postgres::config::{SslMode, SslNegotiation};
use postgres::error::SqlState;
use postgres::{Client, Config, Error, NoTls};

use super::negotiation::Negotiation;
use super::tls::Encryption;

/// Connects as `sslmode` says. A second try is made only where libpq makes one: under `allow` and `prefer`,
/// when the server refuses the login for the way it came. A handshake that fails under `prefer` is final here,
/// while libpq would go on in plain text: whoever breaks the handshake must not thereby get to read along.
pub fn open(config: &Config, encryption: &Encryption) -> Result<Client, Error> {
    let by = |negotiation: Negotiation| {
        let mut config = config.clone();
        config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct).connect(negotiation)
    };
    match encryption {
        Encryption::Off => by(Negotiation::PlainText),
        Encryption::Require(tls) => by(Negotiation::Tls(tls.clone())),
        Encryption::Prefer(tls) => {
            or_else_by(by(Negotiation::TlsIfOffered(tls.clone())), || by(Negotiation::PlainText))
        }
        Encryption::Allow(tls) => {
            or_else_by(by(Negotiation::PlainText), || by(Negotiation::Tls(tls.clone())))
        }
    }
}

/// Connects to a socket of this machine, as the driver does it: what it reads there has no bound, and whoever answers
/// there is the machine's own.
pub fn open_socket(config: &Config) -> Result<Client, Error> {
    config.clone().ssl_mode(SslMode::Disable).connect(NoTls)
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
