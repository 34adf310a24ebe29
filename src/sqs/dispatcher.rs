//! The exchange of one signed request for one whole reply, over a blocking HTTP client.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::header::HeaderMap;
use rusoto_core::ByteStream;
use rusoto_core::request::{DispatchSignedRequest, DispatchSignedRequestFuture, HttpResponse};
use rusoto_core::signature::{SignedRequest, SignedRequestPayload};
use time::{Duration as TimeDifference, OffsetDateTime};
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};

use super::read_whole::read_whole;
use super::rusoto_errors::dispatch_error;
use super::server::{Form, Keys, Server};
use super::whole_xml::vouch_for;
use crate::aws::http::Route;
use crate::aws::sign::{Scope, Signed, SigningSettings, sign};
use crate::aws::{CallError, Clock, Credentials, ErrorReply};
use crate::failure::Failure;

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
const REQUEST_ID: &str = "x-amzn-requestid";

pub struct Dispatcher {
    route: Route,
    clock: Arc<Clock>,
    credentials: Arc<Credentials>,
}

/// A whole reply, with the headers that are of use.
pub struct Reply {
    pub status: StatusCode,
    /// Its headers tell that there is no body, so that none was cut off.
    pub says_empty: bool,
    headers: HeaderMap<String>,
    pub body: Vec<u8>,
}

impl Reply {
    /// What a service says that refuses a call. Codes in another form than the protocol's are somebody else's.
    pub fn refusal(&self, is_of_the_protocol: bool) -> CallError {
        let text = if is_of_the_protocol { String::from_utf8_lossy(&self.body) } else { "".into() };
        let request_id = self.headers.get(REQUEST_ID).cloned();
        CallError::Refused(ErrorReply::read(self.status.as_u16(), &text, request_id))
    }
}

impl Dispatcher {
    pub fn new(route: Route, clock: Arc<Clock>, credentials: Arc<Credentials>) -> Dispatcher {
        Dispatcher { route, clock, credentials }
    }

    /// One try of a call that is written here. `make_room` is told how many bytes the reply has before these are read,
    /// and may wait.
    pub fn post(
        &self,
        server: &Server,
        form: Form<'_>,
        body: &[u8],
        make_room: &dyn Fn(usize),
    ) -> Result<Reply, CallError> {
        let keys = self.credentials.keys().map_err(CallError::NoCredentials)?;
        let (id, secret) = (keys.access_key_id(), keys.secret_access_key());
        let keys = Keys { id, secret, session_token: keys.session_token() };
        let signature = server.sign(form, body, self.clock.server_time().into(), &keys);
        let mut request = ureq::http::Request::post(server.uri.clone())
            .header(CONTENT_TYPE, form.content_type())
            .header(DATE, signature.date)
            .header(AUTHORIZATION, signature.authorization);
        if let Form::Json { target } = form {
            request = request.header(TARGET, target);
        }
        if let Some(token) = keys.session_token {
            request = request.header(TOKEN, token);
        }
        let unusable = |_| CallError::NotSent("the credentials are no text for a header".to_owned());
        self.send(request.body(body).map_err(unusable)?, make_room)
    }

    fn send(
        &self,
        request: ureq::http::Request<&[u8]>,
        make_room: &dyn Fn(usize),
    ) -> Result<Reply, CallError> {
        let failed = |error: ureq::Error| self.route.failed(&error);
        let reply = self.route.agent.run(request).map_err(failed)?;
        let (head, body) = reply.into_parts();
        let status = StatusCode::from_u16(head.status.as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
        let body = read_whole(body, make_room).map_err(failed)?;
        if let Some(refusal) = self.route.refusal(status.as_u16()) {
            return Err(refusal);
        }
        // Other headers are of no use, and any of them may hold bytes that are no text.
        let text =
            |name: &str| Some(String::from_utf8_lossy(head.headers.get(name)?.as_bytes()).into_owned());
        if let Some(date) = text("date") {
            self.clock.note(&date, OffsetDateTime::now_utc());
        }
        let request_id = text(REQUEST_ID).map(|id| (http::header::HeaderName::from_static(REQUEST_ID), id));
        let says_empty = head.headers.get("content-length").is_some_and(|length| length == "0");
        Ok(Reply { status, says_empty, headers: request_id.into_iter().collect(), body })
    }

    /// One try of a call that rusoto has written and signed.
    fn exchange(&self, mut request: SignedRequest) -> Result<HttpResponse, CallError> {
        if self.clock.correction() != TimeDifference::ZERO {
            self.sign_anew(&mut request)?;
        }
        let Reply { status, headers, body, .. } = self.send(to_http(&request)?, &|_| ())?;
        let body = vouch_for(&action(&request), status, body)?;
        Ok(HttpResponse { status, headers, body: ByteStream::from(body) })
    }

    /// rusoto signs with this machine's time and knows no other.
    fn sign_anew(&self, request: &mut SignedRequest) -> Result<(), CallError> {
        let failed = |failure| CallError::NotSent(Failure::to_string(&failure));
        let keys = self.credentials.keys().map_err(failed)?;
        let rusotos_own = ["authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"];
        rusotos_own.iter().for_each(|name| request.remove_header(name));
        let host = request.hostname();
        let url = format!("{}://{host}{}", request.scheme(), request.canonical_path());
        let content_type = request.headers().get("content-type").and_then(|values| values.first());
        let content_type = content_type.and_then(|value| std::str::from_utf8(value).ok()).map(str::to_owned);
        let content_type = content_type.as_deref().map(|value| ("content-type", value));
        let headers: Vec<(&str, &str)> = content_type.into_iter().chain([("host", host.as_str())]).collect();
        let body = match &request.payload {
            Some(SignedRequestPayload::Buffer(bytes)) => bytes.to_vec(),
            _ => Vec::new(),
        };
        let signed = Signed { method: "POST", url: &url, headers: &headers, body: &body };
        let region = request.region_for_service();
        let scope = Scope { service: "sqs", region: &region, at: self.clock.server_time() };
        let signature = sign(&signed, &scope, &keys, SigningSettings::default()).map_err(failed)?;
        signature.headers().for_each(|(name, value)| request.add_header(name, value));
        Ok(())
    }
}

impl DispatchSignedRequest for Dispatcher {
    /// The time limit is the agent's matter: rusoto never passes one.
    fn dispatch(&self, request: SignedRequest, _: Option<Duration>) -> DispatchSignedRequestFuture {
        Box::pin(ready(self.exchange(request).map_err(|error| dispatch_error(&error))))
    }
}

/// The action that a call in the Query protocol asks for.
fn action(request: &SignedRequest) -> String {
    let form: &[u8] = match &request.payload {
        Some(SignedRequestPayload::Buffer(bytes)) => bytes,
        _ => &[],
    };
    let mut fields = form.split(|byte| *byte == b'&').filter_map(|field| field.strip_prefix(b"Action="));
    String::from_utf8_lossy(fields.next().unwrap_or_default()).into_owned()
}

fn to_http(request: &SignedRequest) -> Result<ureq::http::Request<&[u8]>, CallError> {
    let url = format!("{}://{}{}", request.scheme(), request.hostname(), request.canonical_path());
    let mut builder = ureq::http::Request::builder().method(request.method.as_str()).uri(url);
    for (name, values) in &request.headers {
        // The client sets these two itself, from the URL and the body.
        if name == "host" || name == "content-length" {
            continue;
        }
        for value in values {
            builder = builder.header(name.as_str(), value.as_slice());
        }
    }
    let body: &[u8] = match &request.payload {
        Some(SignedRequestPayload::Buffer(bytes)) => bytes,
        _ => &[],
    };
    builder.body(body).map_err(|_| CallError::NotSent("the endpoint is no usable URL".to_owned()))
}
