//! The driver's door to TLS, which prepares it only once a server has agreed to it: to read the system's authorities
//! takes longer than all else that an idle run does.

use std::error::Error;
use std::sync::{Arc, OnceLock};

use openssl::error::ErrorStack;
use openssl::ssl::SslConnector;
use postgres::Socket;
use postgres::tls::TlsConnect;
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

    pub fn to(&self, name: &str) -> TlsTo {
        TlsTo { name: name.to_owned(), preparation: Arc::clone(&self.0) }
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

/// TLS to a server of this name.
pub struct TlsTo {
    name: String,
    preparation: Arc<Preparation>,
}

impl TlsTo {
    /// Called only where the server takes TLS.
    pub async fn connect(self, socket: Socket) -> Result<TlsStream<Socket>, Box<dyn Error + Send + Sync>> {
        self.preparation.connector(&self.name)?.connect(socket).await
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
        let tls = TlsWhenNeeded::new(true, move || {
            counter.fetch_add(1, Ordering::Relaxed);
            Ok(SslConnector::builder(SslMethod::tls())?.build())
        });
        let to = tls.to("db.example");
        assert_eq!(prepared.load(Ordering::Relaxed), 0);
        for _ in 0..2 {
            assert!(to.preparation.connector(&to.name).is_ok());
            assert_eq!(prepared.load(Ordering::Relaxed), 1);
        }
    }
}
