//! The exchange of one signed request for one whole reply, over a blocking HTTP client.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::header::HeaderMap;
use rusoto_core::ByteStream;
use rusoto_core::request::{
    BufferedHttpResponse, DispatchSignedRequest, DispatchSignedRequestFuture, HttpResponse,
};
use rusoto_core::signature::{SignedRequest, SignedRequestPayload};
use time::{Duration as TimeDifference, OffsetDateTime};
use ureq::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName};
use xml::reader::{EventReader, XmlEvent};

use super::json_server::{JSON, Keys, Server};
use super::read_whole::read_whole;
use super::rusoto_errors::dispatch_error;
use crate::aws::http::Route;
use crate::aws::sign::{Scope, Signed, SigningSettings, sign};
use crate::aws::{CallError, Clock, Credentials};
use crate::failure::Failure;

const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const DATE: HeaderName = HeaderName::from_static("x-amz-date");
const TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");
pub const RECEIVE: &str = "ReceiveMessage";
const REQUEST_ID: &str = "x-amzn-requestid";

pub struct Dispatcher {
    route: Route,
    clock: Arc<Clock>,
    credentials: Arc<Credentials>,
}

/// A whole reply, with the headers that are of use.
struct Reply {
    status: StatusCode,
    says_empty: bool,
    headers: HeaderMap<String>,
    body: Vec<u8>,
}

impl Dispatcher {
    pub fn new(route: Route, clock: Arc<Clock>, credentials: Arc<Credentials>) -> Dispatcher {
        Dispatcher { route, clock, credentials }
    }

    /// One try of a call in JSON. `make_room` is told how many bytes the reply has before these are read, and may wait.
    pub fn post_json(
        &self,
        server: &Server,
        action: &str,
        body: &[u8],
        make_room: &dyn Fn(usize),
    ) -> Result<BufferedHttpResponse, CallError> {
        let keys = self.credentials.keys().map_err(CallError::NoCredentials)?;
        let (id, secret) = (keys.access_key_id(), keys.secret_access_key());
        let keys = Keys { id, secret, session_token: keys.session_token() };
        let target = format!("AmazonSQS.{action}");
        let signature = server.sign(&target, body, self.clock.server_time().into(), &keys);
        let request = ureq::http::Request::post(server.uri.clone())
            .header(CONTENT_TYPE, JSON)
            .header(TARGET, target)
            .header(DATE, signature.date)
            .header(AUTHORIZATION, signature.authorization);
        let request = match keys.session_token {
            Some(token) => request.header(TOKEN, token),
            None => request,
        };
        let unusable = |_| CallError::NotSent("the credentials are no text for a header".to_owned());
        let reply = self.send(request.body(body).map_err(unusable)?, make_room)?;
        let Reply { status, headers, mut body, .. } = reply;
        if status.is_success() && body.is_empty() {
            // Some stand-ins for SQS answer a receive that brings nothing with nothing.
            if !(reply.says_empty && action == RECEIVE && !server.is_aws) {
                return Err(cut_short());
            }
            body = b"{}".to_vec();
        }
        Ok(BufferedHttpResponse { status, headers, body: body.into() })
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

fn cut_short() -> CallError {
    CallError::NoReply("the reply was empty or cut short".to_owned())
}

/// Passes on XML that is whole and an answer to this action: rusoto's reader loops for ever on a document that is cut
/// short. Where the status tells of an error already, the status is what is passed on.
fn vouch_for(action: &str, status: StatusCode, body: Vec<u8>) -> Result<Vec<u8>, CallError> {
    match (root_of_whole_xml(&body), status.is_success()) {
        (Some(root), true) if root.strip_suffix("Response") == Some(action) => Ok(body),
        (Some(_), true) => Err(CallError::Malformed),
        (None, true) if !is_begun_xml(&body) => Err(CallError::Malformed),
        (Some(_), false) => Ok(body),
        (None, true) => Err(cut_short()),
        // Whole, so that the reader ends, and without a code that nobody sent.
        (None, false) => Ok(b"<None/>".to_vec()),
    }
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

/// Nothing at all, or what may have been XML before it was cut.
fn is_begun_xml(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start().first(), None | Some(b'<'))
}

/// The name of the outermost element, once all is read.
fn root_of_whole_xml(body: &[u8]) -> Option<String> {
    let mut root = None;
    for event in EventReader::new(body) {
        if let XmlEvent::StartElement { name, .. } = event.ok()? {
            root.get_or_insert(name.local_name);
        }
    }
    root
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_whole_xml_passes() {
        let reply = "<A><B>text &amp; more</B></A>";
        assert_eq!(root_of_whole_xml(reply.as_bytes()).as_deref(), Some("A"));
        for cut in 0..reply.len() {
            assert_eq!(root_of_whole_xml(&reply.as_bytes()[..cut]), None, "cut at {cut}");
        }
        for broken in ["", "   ", "<html><body>", "no xml", "<A>\u{1}</A>", "<A>&#1;</A>"] {
            assert_eq!(root_of_whole_xml(broken.as_bytes()), None, "{broken}");
        }
    }

    #[test]
    fn a_reply_in_xml_must_be_one_to_the_action_asked_for() {
        let passes = |body: &str, status: u16| {
            let status = StatusCode::from_u16(status).unwrap();
            vouch_for("ReceiveMessage", status, body.as_bytes().to_vec()).is_ok()
        };
        assert!(passes("<ReceiveMessageResponse><ReceiveMessageResult/></ReceiveMessageResponse>", 200));
        for stranger in
            ["<html><body/></html>", "<DeleteMessageResponse/>", "<ErrorResponse/>", "<Response/>"]
        {
            assert!(!passes(stranger, 200), "{stranger}");
            assert!(passes(stranger, 503), "{stranger}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_whole_xml_or_not(bytes: Vec<u8>, text in "(<[a-c/!?&]{1,3}>?|[a-c ]){0,20}") {
            root_of_whole_xml(&bytes);
            root_of_whole_xml(text.as_bytes());
        }
    }
}
