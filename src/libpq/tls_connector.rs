//! The driver's door to TLS, which prepares it only once a server has agreed to it: to read the system's authorities
//! takes longer than all else that an idle run does.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use openssl::error::ErrorStack;
use openssl::ssl::SslConnector;
use postgres::Socket;
use postgres::tls::{MakeTlsConnect, TlsConnect};
use postgres_openssl::{TlsConnector, TlsStream};

#[derive(Clone)]
pub struct TlsWhenNeeded(Arc<Preparation>);

struct Preparation {
    checks_name: bool,
    prepare: Box<dyn Fn() -> Result<SslConnector, ErrorStack> + Send + Sync>,
    prepared: OnceLock<SslConnector>,
}

impl TlsWhenNeeded {
    /// `checks_name`: the server's certificate must be for the name that is connected to.
    pub fn new(
        checks_name: bool,
        prepare: impl Fn() -> Result<SslConnector, ErrorStack> + Send + Sync + 'static,
    ) -> TlsWhenNeeded {
        let prepare = Box::new(prepare);
        TlsWhenNeeded(Arc::new(Preparation { checks_name, prepare, prepared: OnceLock::new() }))
    }
}

impl Preparation {
    fn connector(&self, name: &str) -> Result<TlsConnector, ErrorStack> {
        let connector = match self.prepared.get() {
            Some(connector) => connector.clone(),
            None => {
                let connector = (self.prepare)()?;
                self.prepared.get_or_init(|| connector).clone()
            }
        };
        let mut connection = connector.configure()?;
        connection.set_verify_hostname(self.checks_name);
        Ok(TlsConnector::new(connection, name))
    }
}

impl MakeTlsConnect<Socket> for TlsWhenNeeded {
    type Stream = TlsStream<Socket>;
    type TlsConnect = TlsTo;
    type Error = ErrorStack;

    fn make_tls_connect(&mut self, name: &str) -> Result<TlsTo, ErrorStack> {
        Ok(TlsTo { name: name.to_owned(), preparation: Arc::clone(&self.0) })
    }
}

/// TLS to a server of this name.
pub struct TlsTo {
    name: String,
    preparation: Arc<Preparation>,
}

type Handshake =
    Pin<Box<dyn Future<Output = Result<TlsStream<Socket>, Box<dyn Error + Send + Sync>>> + Send>>;

impl TlsConnect<Socket> for TlsTo {
    type Stream = TlsStream<Socket>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Handshake;

    /// Called only where the server takes TLS.
    fn connect(self, socket: Socket) -> Handshake {
        match self.preparation.connector(&self.name) {
            Ok(connector) => connector.connect(socket),
            Err(error) => Box::pin(std::future::ready(Err(error.into()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use openssl::ssl::SslMethod;

    use super::*;

    #[test]
    fn nothing_is_prepared_before_a_server_agrees_and_then_once() {
        let prepared = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&prepared);
        let mut tls = TlsWhenNeeded::new(true, move || {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok(SslConnector::builder(SslMethod::tls())?.build())
        });
        let to: TlsTo = tls.make_tls_connect("db.example").unwrap();
        assert_eq!(prepared.load(Ordering::Relaxed), 0);
        for _ in 0..2 {
            assert!(to.preparation.connector(&to.name).is_ok());
            assert_eq!(prepared.load(Ordering::Relaxed), 1);
        }
    }
}
