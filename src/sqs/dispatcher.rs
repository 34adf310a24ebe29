//! The exchange of one signed request for one whole reply, over a blocking HTTP client.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderMap, HeaderName};
use rusoto_core::request::{
    BufferedHttpResponse, DispatchSignedRequest, DispatchSignedRequestFuture, HttpDispatchError, HttpResponse,
};
use rusoto_core::signature::{SignedRequest, SignedRequestPayload};
use rusoto_core::{ByteStream, RusotoError};
use time::{Duration as TimeDifference, OffsetDateTime};
use xml::reader::{EventReader, XmlEvent};

use super::read_whole::read_whole;
use super::rusoto_errors::{call_error, dispatch_error};
use super::signing_keys;
use crate::aws::http::Route;
use crate::aws::sign::{Scope, Signed, SigningSettings, sign};
use crate::aws::{CallError, Clock, Credentials, region};
use crate::failure::Failure;

/// The header that names the action of a call in JSON.
pub const TARGET: &str = "x-amz-target";
pub const RECEIVE: &str = "ReceiveMessage";
const REQUEST_ID: &str = "x-amzn-requestid";

/// What replies must be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Read by serde_json, which needs no protection.
    Json,
    /// Read by rusoto's XML reader, which loops for ever on a document that is cut short.
    Xml,
}

impl Format {
    /// The action that a reply in XML must name.
    fn action(self, request: &SignedRequest) -> Option<String> {
        let Some(SignedRequestPayload::Buffer(form)) =
            request.payload.as_ref().filter(|_| self == Format::Xml)
        else {
            return None;
        };
        let fields = form.split(|byte| *byte == b'&');
        let action = fields.filter_map(|field| field.strip_prefix(b"Action=")).next().unwrap_or_default();
        Some(String::from_utf8_lossy(action).into_owned())
    }
}

/// Status, the headers that are of use, body.
type Reply = (StatusCode, HeaderMap<String>, Vec<u8>);

pub struct Dispatcher {
    route: Route,
    format: Format,
    clock: Arc<Clock>,
    credentials: Arc<Credentials>,
}

impl Dispatcher {
    pub fn new(route: Route, format: Format, clock: Arc<Clock>, credentials: Arc<Credentials>) -> Dispatcher {
        Dispatcher { route, format, clock, credentials }
    }

    /// One try. `make_room` is told how many bytes the reply has before these are read, and may wait.
    pub fn sign_and_exchange(
        &self,
        mut request: SignedRequest,
        make_room: &dyn Fn(usize),
    ) -> Result<BufferedHttpResponse, CallError> {
        request.sign(&signing_keys::of(&self.credentials).map_err(CallError::NoCredentials)?);
        let failed = |error| call_error(RusotoError::<()>::HttpDispatch(error));
        let (status, headers, body) = self.exchange(request, make_room).map_err(failed)?;
        Ok(BufferedHttpResponse { status, headers, body: body.into() })
    }

    fn exchange(
        &self,
        mut request: SignedRequest,
        make_room: &dyn Fn(usize),
    ) -> Result<Reply, HttpDispatchError> {
        if self.clock.correction() != TimeDifference::ZERO {
            self.sign_anew(&mut request)?;
        }
        let action = self.format.action(&request);
        let may_be_empty = may_be_empty(&request);
        let failed = |error: ureq::Error| dispatch_error(&self.route.failed(&error));
        let reply = self.route.agent.run(to_http(&request)?).map_err(failed)?;
        let (head, body) = reply.into_parts();
        let status = StatusCode::from_u16(head.status.as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
        let body = read_whole(body, make_room).map_err(failed)?;
        if let Some(refusal) = self.route.refusal(status.as_u16()) {
            return Err(dispatch_error(&refusal));
        }
        let says_empty = head.headers.get("content-length").is_some_and(|length| length == "0");
        let body = match may_be_empty && says_empty && status.is_success() {
            true => b"{}".to_vec(),
            false => body,
        };
        let body = self.vouch_for(action.as_deref(), status, body)?;
        // Other headers are of no use, and any of them may hold bytes that are no text.
        let text =
            |name: &str| Some(String::from_utf8_lossy(head.headers.get(name)?.as_bytes()).into_owned());
        if let Some(date) = text("date") {
            self.clock.note(&date, OffsetDateTime::now_utc());
        }
        let request_id = text(REQUEST_ID).map(|id| (HeaderName::from_static(REQUEST_ID), id));
        let headers: HeaderMap<String> = request_id.into_iter().collect();
        Ok((status, headers, body))
    }

    /// rusoto signs with this machine's time and knows no other.
    fn sign_anew(&self, request: &mut SignedRequest) -> Result<(), HttpDispatchError> {
        let failed = |failure| dispatch_error(&CallError::NotSent(Failure::to_string(&failure)));
        let keys = self.credentials.keys().map_err(failed)?;
        let rusotos_own = ["authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"];
        rusotos_own.iter().for_each(|name| request.remove_header(name));
        let host = request.hostname();
        let url = format!("{}://{host}{}", request.scheme(), request.canonical_path());
        let names = ["content-type", TARGET];
        let own = names.iter().filter_map(|name| {
            let value = request.headers().get(*name)?.first()?;
            Some((*name, std::str::from_utf8(value).ok()?.to_owned()))
        });
        let own: Vec<(&str, String)> = own.collect();
        let headers: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let headers = [&headers[..], &[("host", host.as_str())]].concat();
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

    /// An empty reply would read as "no messages", so it is an error here. So is XML that is not whole, or
    /// somebody else's; where the status tells of an error already, the status is what is passed on.
    fn vouch_for(
        &self,
        action: Option<&str>,
        status: StatusCode,
        body: Vec<u8>,
    ) -> Result<Vec<u8>, HttpDispatchError> {
        let cut_short = || dispatch_error(&CallError::NoReply("the reply was empty or cut short".to_owned()));
        let Some(action) = action else {
            return if body.is_empty() && status.is_success() { Err(cut_short()) } else { Ok(body) };
        };
        match (root_of_whole_xml(&body), status.is_success()) {
            (Some(root), true) if root.strip_suffix("Response") == Some(action) => Ok(body),
            (Some(_), true) => Err(dispatch_error(&CallError::Malformed)),
            (None, true) if !is_begun_xml(&body) => Err(dispatch_error(&CallError::Malformed)),
            (Some(_), false) => Ok(body),
            (None, true) => Err(cut_short()),
            // Whole, so that the reader ends, and without a code that nobody sent.
            (None, false) => Ok(b"<None/>".to_vec()),
        }
    }
}

impl DispatchSignedRequest for Dispatcher {
    /// The time limit is the agent's matter: rusoto never passes one.
    fn dispatch(&self, request: SignedRequest, _: Option<Duration>) -> DispatchSignedRequestFuture {
        let reply = self.exchange(request, &|_| ());
        let whole = |(status, headers, body)| HttpResponse { status, headers, body: ByteStream::from(body) };
        Box::pin(ready(reply.map(whole)))
    }
}

fn to_http(request: &SignedRequest) -> Result<ureq::http::Request<&[u8]>, HttpDispatchError> {
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
    let unusable = CallError::NotSent("the endpoint is no usable URL".to_owned());
    builder.body(body).map_err(|_| dispatch_error(&unusable))
}

/// Some stand-ins for SQS answer a receive that brings nothing with nothing.
fn may_be_empty(request: &SignedRequest) -> bool {
    let target = request.headers().get(TARGET).and_then(|values| values.first());
    let is_receive = target.is_some_and(|target| target.ends_with(RECEIVE.as_bytes()));
    let hostname = request.hostname();
    is_receive && region::labels_at_aws(hostname.split(':').next().unwrap_or_default()).is_none()
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
    use ureq::tls::RootCerts;

    use super::*;
    use crate::aws::http::TimeLimits;

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
        let limit = Duration::from_secs(1);
        let limits = TimeLimits { connect: limit, response: limit, body: limit };
        let anywhere = "http://127.0.0.1".parse().unwrap();
        let route = Route::new(&anywhere, None, &RootCerts::PlatformVerifier, &limits, 1);
        let nobody = Credentials::fetched_by(|| Err(Failure::lasting("none")));
        let dispatcher = Dispatcher::new(route, Format::Xml, Arc::default(), Arc::new(nobody));
        let passes = |body: &str, status: u16| {
            let status = StatusCode::from_u16(status).unwrap();
            dispatcher.vouch_for(Some("ReceiveMessage"), status, body.as_bytes().to_vec()).is_ok()
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
