//! The settings of our blocking HTTP client: time limits, pool, TLS roots, and the proxy in between.

use std::time::Duration;

use ureq::config::AutoHeaderValue;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};
use ureq::unversioned::transport::{Connector, DefaultConnector};
use ureq::{Agent, Proxy};

use super::absolute_form::AbsoluteForm;
use super::call_error::CallError;
use super::proxy::Between;
use super::resolver::BriefMemory;
use super::whole_request::{IDLE_LIMIT, WholeRequests};

/// Bytes held for each connection and direction: a usual reply fits, a longer one passes through in parts.
/// The library's own default is 128 KiB, which adds up when many receives are in flight.
const CONNECTION_BUFFER: usize = 16 * 1024;

/// How long each part of an exchange may take.
#[derive(Debug, Clone, Copy)]
pub struct TimeLimits {
    /// Name look-up, proxy, TCP and TLS together.
    pub connect: Duration,
    /// From the sent request to the whole reply head. A long poll needs its wait time on top.
    pub response: Duration,
    /// The whole reply body.
    pub body: Duration,
}

/// The way to one host: an agent, and the proxy in between, if there is one.
#[derive(Debug, Clone)]
pub struct Route {
    pub agent: Agent,
    between: Option<Between>,
}

impl Route {
    /// For URLs of the scheme and host of `url`. Certificates are trusted that the system trusts (or SSL_CERT_FILE),
    /// or those in `roots` alone.
    pub fn new(
        url: &Uri,
        between: Option<Between>,
        roots: &RootCerts,
        limits: &TimeLimits,
        connections: usize,
    ) -> Route {
        let proxy = between.as_ref().map(|between| &between.proxy);
        // A request in clear text is handed to the proxy whole; a tunnel is for TLS, and many proxies refuse others.
        let whole = proxy.filter(|proxy| {
            url.scheme_str() == Some("http") && proxy.protocol() == ureq::ProxyProtocol::Http
        });
        let connector = DefaultConnector::default();
        let resolver = BriefMemory::new(whole.map(|proxy| proxy.uri().clone()));
        let agent = match whole {
            Some(proxy) => {
                let connector = connector.chain(AbsoluteForm::new(proxy)).chain(WholeRequests);
                Agent::with_parts(config(None, roots, limits, connections), connector, resolver)
            }
            None => {
                let config = config(proxy.cloned(), roots, limits, connections);
                Agent::with_parts(config, connector.chain(WholeRequests), resolver)
            }
        };
        Route { agent, between }
    }

    /// Why an exchange failed, told as the proxy's fault where it is.
    pub fn failed(&self, error: &ureq::Error) -> CallError {
        let Some(Between { told, .. }) = &self.between else { return error.into() };
        match error {
            ureq::Error::ConnectProxyFailed(answer) => match proxy_status(answer) {
                Some(status) => self.refused(status),
                None => CallError::NotSent(format!("{told} gave no answer")),
            },
            error => match CallError::from(error) {
                CallError::NotSent(why) if !matches!(error, ureq::Error::NativeTls(_)) => {
                    CallError::NotSent(format!("{told}: {why}"))
                }
                CallError::NoReply(why) => CallError::NoReply(format!("{why} through {told}")),
                other => other,
            },
        }
    }

    /// What a reply with this status says of the proxy.
    pub fn refusal(&self, status: u16) -> Option<CallError> {
        (status == 407 && self.between.is_some()).then(|| self.refused(status))
    }

    fn refused(&self, status: u16) -> CallError {
        let told = self.between.as_ref().map(|between| between.told.as_str()).unwrap_or_default();
        match status {
            407 => CallError::Barred(format!(
                "{told} wants a login (HTTP 407): put its user and password into the proxy's URL"
            )),
            _ => CallError::NotSent(format!("{told} answered HTTP {status}")),
        }
    }
}

/// The library says `proxy server responded 403/403`.
fn proxy_status(answer: &str) -> Option<u16> {
    answer.rsplit([' ', '/']).next()?.parse().ok()
}

/// Follows no redirect, takes every HTTP status as a reply, keeps up to `connections` idle connections, and reads
/// what is compressed though nobody asked for it.
fn config(
    proxy: Option<Proxy>,
    roots: &RootCerts,
    limits: &TimeLimits,
    connections: usize,
) -> ureq::config::Config {
    let tls = TlsConfig::builder().provider(TlsProvider::NativeTls).root_certs(roots.clone()).build();
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(proxy)
        .tls_config(tls)
        .input_buffer_size(CONNECTION_BUFFER)
        .output_buffer_size(CONNECTION_BUFFER)
        .max_idle_age(IDLE_LIMIT)
        .max_idle_connections(connections)
        .max_idle_connections_per_host(connections)
        .timeout_resolve(Some(limits.connect))
        .timeout_connect(Some(limits.connect))
        .timeout_send_request(Some(limits.response))
        .timeout_send_body(Some(limits.body))
        .timeout_recv_response(Some(limits.response))
        .timeout_recv_body(Some(limits.body))
        .accept_encoding(AutoHeaderValue::None)
        .build()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;
    use crate::aws::call_error::reason;

    const LIMITS: TimeLimits = TimeLimits {
        connect: Duration::from_secs(5),
        response: Duration::from_millis(200),
        body: Duration::from_millis(200),
    };

    /// Asks a peer on this machine that sends `reply` and then keeps the connection open in silence.
    fn ask(reply: impl AsRef<[u8]> + Send + 'static) -> Result<(u16, Vec<u8>), ureq::Error> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let peer = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            stream.write_all(reply.as_ref()).unwrap();
            let _ = stream.read(&mut [0; 1]);
        });
        let route = Route::new(&url.parse().unwrap(), None, &RootCerts::PlatformVerifier, &LIMITS, 1);
        let answer = route.agent.get(url).call();
        let answer =
            answer.and_then(|mut reply| Ok((reply.status().as_u16(), reply.body_mut().read_to_vec()?)));
        // The peer waits until its connection is closed.
        drop(route);
        peer.join().unwrap();
        answer
    }

    #[test]
    fn redirects_and_failures_are_replies_like_any_other() {
        let redirect = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(ask(redirect).unwrap(), (302, Vec::new()));
        let failure = "HTTP/1.1 503 Busy\r\ncontent-length: 4\r\n\r\nbusy";
        assert_eq!(ask(failure).unwrap(), (503, b"busy".to_vec()));
    }

    #[test]
    fn a_mute_peer_is_given_up() {
        for reply in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"] {
            let told = reason(&ask(reply).unwrap_err());
            assert!(told.contains("in time"), "{told}");
        }
    }

    #[test]
    fn a_reply_that_is_not_http_is_told_without_its_text() {
        let told = reason(&ask("hunter2 hunter2\r\n\r\n").unwrap_err());
        assert!(!told.contains("hunter2"), "{told}");
    }

    #[test]
    fn a_reply_that_is_compressed_though_nobody_asked_is_read() {
        let compressed = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x2a\x2d\xae\x04\x00\x82\xa9\x9a\xcf\x04\x00\x00\x00";
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            compressed.len()
        );
        assert_eq!(ask([head.as_bytes(), compressed].concat()).unwrap(), (200, b"busy".to_vec()));
    }

    #[test]
    fn a_fault_of_the_proxy_is_told_as_its_own() {
        let url = "https://sqs.x/".parse().unwrap();
        let proxy = Proxy::new("http://me:hunter2@proxy.example:3128").unwrap();
        let between = Between { proxy, told: "the proxy in HTTPS_PROXY (proxy.example:3128)".to_owned() };
        let route = Route::new(&url, Some(between), &RootCerts::PlatformVerifier, &LIMITS, 1);
        let answered = |status: u16| {
            ureq::Error::ConnectProxyFailed(format!("proxy server responded {status}/{status}"))
        };
        let table = [
            (answered(407), "wants a login (HTTP 407)"),
            (answered(403), "answered HTTP 403"),
            (answered(502), "answered HTTP 502"),
            (ureq::Error::ConnectProxyFailed("proxy server did not respond".to_owned()), "gave no answer"),
            (ureq::Error::HostNotFound, "could not be looked up"),
        ];
        for (error, words) in table {
            let told = route.failed(&error).told();
            assert!(told.starts_with("the proxy in HTTPS_PROXY (proxy.example:3128)"), "{told}");
            assert!(told.contains(words) && !told.contains("hunter2"), "{told}");
        }
        assert!(matches!(route.failed(&answered(407)), CallError::Barred(_)));
    }
}
