//! One connection to one address: in which order TLS and plain text are tried.

use std::io;
use std::path::Path;

use tokio::net::UnixStream;
use tokio_postgres::config::{SslMode, SslNegotiation};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Config, Error};

use super::client::{Client, Hear, runtime};
use super::negotiation::{Negotiation, Negotiator};
use super::tls::Encryption;

/// Why no session came of it.
pub enum Broken {
    /// On the way to the server.
    Io(io::Error),
    Driver(Error),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Broken {
        Broken::Io(error)
    }
}

impl From<Error> for Broken {
    fn from(error: Error) -> Broken {
        Broken::Driver(error)
    }
}

/// Connects as `sslmode` says. A second try is made only where libpq makes one: under `allow` and `prefer`,
/// when the server refuses the login for the way it came. A handshake that fails under `prefer` is final here,
/// while libpq would go on in plain text: whoever breaks the handshake must not thereby get to read along.
pub fn open(config: &Config, encryption: &Encryption, hear: &Hear) -> Result<Client, Broken> {
    let by = |negotiation| open_by(config, negotiation, hear);
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

/// Connects to the socket of this port in a directory of this machine.
pub fn open_socket(config: &Config, directory: &Path, port: u16, hear: &Hear) -> Result<Client, Broken> {
    let runtime = runtime()?;
    let path = directory.join(format!(".s.PGSQL.{port}"));
    let stream = runtime.block_on(async {
        let connecting = UnixStream::connect(path);
        match config.get_connect_timeout() {
            Some(limit) => tokio::time::timeout(*limit, connecting).await?,
            None => connecting.await,
        }
    })?;
    let plain_text = Negotiator { tls: None, insists: false };
    let (asking, connection) =
        runtime.block_on(through_negotiation(config).connect_raw(stream, plain_text))?;
    Ok(Client::new(runtime, asking, connection, hear.clone()))
}

fn open_by(config: &Config, negotiation: Negotiation, hear: &Hear) -> Result<Client, Broken> {
    let runtime = runtime()?;
    let (asking, connection) = runtime.block_on(through_negotiation(config).connect(negotiation))?;
    Ok(Client::new(runtime, asking, connection, hear.clone()))
}

fn through_negotiation(config: &Config) -> Config {
    let mut config = config.clone();
    config.ssl_mode(SslMode::Require).ssl_negotiation(SslNegotiation::Direct);
    config
}

/// When both ways fail, the first one's error stands: it belongs to the way the user would rather have.
fn or_else_by(
    first: Result<Client, Broken>,
    second: impl FnOnce() -> Result<Client, Broken>,
) -> Result<Client, Broken> {
    match first {
        Err(Broken::Driver(error))
            if error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION) =>
        {
            second().map_err(|_| Broken::Driver(error))
        }
        result => result,
    }
}
