//! The HTTP that the credential sources use: our own client, lent to AWS's provider library.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use ureq::http::{Method, Request, Response};

use crate::aws::call_error::CallError;
use crate::aws::error_reply::Meaning;
use crate::aws::http::{Route, TimeLimits};
use crate::aws::settings::Settings;
use crate::failure::Failure;

/// Used where a source states no limit of its own.
const LIMIT: Duration = Duration::from_secs(5);
/// Credentials are a few kilobytes at most; anything larger is not an answer.
const BODY_LIMIT: u64 = 1024 * 1024;

/// What went wrong with an exchange, in words fit for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// No reply at all.
    OutOfReach { host: String, why: String },
    /// A reply that says the service is ill or busy: HTTP 429 or 5xx.
    Ailing { host: String, status: u16 },
    /// No exchange will ever work with these settings: a wrong proxy, or a certificate nobody vouches for.
    Misconfigured(String),
}

/// The trouble of the latest exchange, which the provider library's own errors tell less plainly.
#[derive(Debug, Clone, Default)]
pub struct Latest(Arc<Mutex<Option<Trouble>>>);

impl Latest {
    /// Takes the note away, so that the next source starts without one.
    pub fn take(&self) -> Option<Trouble> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub fn is_out_of_reach(&self) -> bool {
        let latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(&*latest, Some(Trouble::OutOfReach { .. }))
    }

    fn note(&self, trouble: Option<Trouble>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

/// The client to hand to the provider library. Calls block: nothing else runs on that runtime.
pub fn client(settings: Arc<Settings>, latest: Latest) -> SharedHttpClient {
    http_client_fn(move |times, _| {
        let response = times.read_timeout().unwrap_or(LIMIT);
        let connect = times.connect_timeout().unwrap_or(LIMIT);
        let limits = TimeLimits { connect, response, body: response };
        SharedHttpConnector::new(Connector {
            limits,
            settings: Arc::clone(&settings),
            latest: latest.clone(),
        })
    })
}

#[derive(Debug)]
struct Connector {
    limits: TimeLimits,
    settings: Arc<Settings>,
    latest: Latest,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let outcome = self.exchange(request);
        self.latest.note(match &outcome {
            Ok((response, host)) => ailing(response.status().as_u16(), host),
            Err(trouble) => Some(trouble.clone()),
        });
        HttpConnectorFuture::ready(match outcome {
            Ok((response, _)) => Ok(response),
            // Of these two the library tries only the second kind again.
            Err(Trouble::Misconfigured(cause)) => Err(ConnectorError::user(cause.into())),
            Err(trouble) => Err(ConnectorError::io(format!("{trouble:?}").into())),
        })
    }
}

impl Connector {
    /// A fresh agent for each exchange: they are few, and each host may need another proxy.
    fn exchange(&self, request: HttpRequest) -> Result<(HttpResponse, String), Trouble> {
        let request = request.try_into_http1x().map_err(|_| malformed())?;
        let host = request.uri().host().unwrap_or_default().to_owned();
        let proxy = self.settings.proxies.for_url(request.uri());
        let misconfigured = |failure: Failure| Trouble::Misconfigured(failure.text);
        let proxy = proxy.map_err(misconfigured)?;
        let roots = self.settings.roots.certificates().map_err(misconfigured)?;
        let route = Route::new(request.uri(), proxy, &roots, &self.limits, 1);
        let trouble = |error: ureq::Error| trouble(&host, &error, &route);
        let reply = send(&route.agent, request).map_err(trouble)?;
        let (head, mut body) = reply.into_parts();
        let bytes = body.with_config().limit(BODY_LIMIT).read_to_vec().map_err(trouble)?;
        let response = Response::from_parts(head, SdkBody::from(bytes));
        Ok((HttpResponse::try_from(response).map_err(|_| malformed())?, host))
    }
}

fn send(agent: &ureq::Agent, request: Request<SdkBody>) -> Result<Response<ureq::Body>, ureq::Error> {
    let (head, body) = request.into_parts();
    match head.method {
        Method::GET | Method::HEAD | Method::DELETE => agent.run(Request::from_parts(head, ())),
        _ => {
            let bytes = body.bytes().unwrap_or_default().to_vec();
            agent.run(Request::from_parts(head, bytes))
        }
    }
}

fn trouble(host: &str, error: &ureq::Error, route: &Route) -> Trouble {
    match route.failed(error) {
        CallError::Untrusted(why) => {
            Trouble::Misconfigured(format!("could not trust `{host}`: {why}; set SSL_CERT_FILE to a CA file"))
        }
        CallError::Barred(why) => Trouble::Misconfigured(why),
        other => Trouble::OutOfReach { host: host.to_owned(), why: other.told() },
    }
}

fn ailing(status: u16, host: &str) -> Option<Trouble> {
    Meaning::of(status, "").is_passing().then(|| Trouble::Ailing { host: host.to_owned(), status })
}

/// Neither side of this can arise from what a user sets; it must only not be a panic.
fn malformed() -> Trouble {
    Trouble::Misconfigured("the exchange is not well-formed HTTP".into())
}
