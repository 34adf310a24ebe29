//! The exchange of one signed request for one whole reply, over a blocking HTTP client.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderMap, HeaderName};
use rusoto_core::ByteStream;
use rusoto_core::request::{
    DispatchSignedRequest, DispatchSignedRequestFuture, HttpDispatchError, HttpResponse,
};
use rusoto_core::signature::{SignedRequest, SignedRequestPayload};
use time::OffsetDateTime;
use ureq::Agent;
use xml::reader::{EventReader, XmlEvent};

use super::rusoto_errors::dispatch_error;
use crate::aws::{CallError, Clock};

/// Ten messages of 1 MiB, each byte of them escaped, and room to spare.
const LARGEST_REPLY: u64 = 96 * 1024 * 1024;

const REQUEST_ID: &str = "x-amzn-requestid";

/// What replies must be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Read by serde_json, which needs no protection.
    Json,
    /// Read by rusoto's XML reader, which loops for ever on a document that is cut short.
    Xml,
}

pub struct Dispatcher {
    agent: Agent,
    format: Format,
    clock: Arc<Clock>,
}

impl Dispatcher {
    pub fn new(agent: Agent, format: Format, clock: Arc<Clock>) -> Dispatcher {
        Dispatcher { agent, format, clock }
    }

    fn exchange(&self, request: SignedRequest) -> Result<HttpResponse, HttpDispatchError> {
        let reply = self.agent.run(to_http(request)?).map_err(|error| failed(&error))?;
        let (head, mut body) = reply.into_parts();
        let status = StatusCode::from_u16(head.status.as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
        let body = body.with_config().limit(LARGEST_REPLY).read_to_vec().map_err(|error| failed(&error))?;
        let body = self.vouch_for(status, body)?;
        // Other headers are of no use, and any of them may hold bytes that are no text.
        let text =
            |name: &str| Some(String::from_utf8_lossy(head.headers.get(name)?.as_bytes()).into_owned());
        if let Some(date) = text("date") {
            self.clock.note(&date, OffsetDateTime::now_utc());
        }
        let request_id = text(REQUEST_ID).map(|id| (HeaderName::from_static(REQUEST_ID), id));
        let headers: HeaderMap<String> = request_id.into_iter().collect();
        Ok(HttpResponse { status, headers, body: ByteStream::from(body) })
    }

    /// An empty reply would read as "no messages", so it is an error here. So is XML that is not whole;
    /// where the status tells of an error already, the status is what is passed on.
    fn vouch_for(&self, status: StatusCode, body: Vec<u8>) -> Result<Vec<u8>, HttpDispatchError> {
        let whole = match self.format {
            Format::Json => !body.is_empty(),
            Format::Xml => is_whole_xml(&body),
        };
        match (whole, status.is_success(), self.format) {
            (true, ..) | (_, false, Format::Json) => Ok(body),
            (false, true, _) => {
                Err(dispatch_error(&CallError::NoReply("the reply was empty or cut short".to_owned())))
            }
            (false, false, Format::Xml) => Ok(format!(
                "<ErrorResponse><Error><Code>Http{}</Code><Message/></Error></ErrorResponse>",
                status.as_u16()
            )
            .into_bytes()),
        }
    }
}

impl DispatchSignedRequest for Dispatcher {
    /// The time limit is the agent's matter: rusoto never passes one.
    fn dispatch(&self, request: SignedRequest, _: Option<Duration>) -> DispatchSignedRequestFuture {
        Box::pin(ready(self.exchange(request)))
    }
}

fn to_http(request: SignedRequest) -> Result<ureq::http::Request<Vec<u8>>, HttpDispatchError> {
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
    let body = match request.payload {
        Some(SignedRequestPayload::Buffer(bytes)) => bytes.to_vec(),
        _ => Vec::new(),
    };
    let unusable = CallError::NotSent("the endpoint is no usable URL".to_owned());
    builder.body(body).map_err(|_| dispatch_error(&unusable))
}

fn failed(error: &ureq::Error) -> HttpDispatchError {
    dispatch_error(&error.into())
}

fn is_whole_xml(body: &[u8]) -> bool {
    let mut elements = 0;
    for event in EventReader::new(body) {
        match event {
            Ok(XmlEvent::StartElement { .. }) => elements += 1,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    elements > 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_whole_xml_passes() {
        let reply = "<A><B>text &amp; more</B></A>";
        assert!(is_whole_xml(reply.as_bytes()));
        for cut in 0..reply.len() {
            assert!(!is_whole_xml(&reply.as_bytes()[..cut]), "cut at {cut}");
        }
        for broken in ["", "   ", "<html><body>", "no xml", "<A>\u{1}</A>", "<A>&#1;</A>"] {
            assert!(!is_whole_xml(broken.as_bytes()), "{broken}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_whole_xml_or_not(bytes: Vec<u8>, text in "(<[a-c/!?&]{1,3}>?|[a-c ]){0,20}") {
            is_whole_xml(&bytes);
            is_whole_xml(text.as_bytes());
        }
    }
}
