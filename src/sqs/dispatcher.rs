//! The exchange of one signed request for one whole reply, over a blocking HTTP client.

use std::future::ready;
use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderMap, HeaderName};
use rusoto_core::ByteStream;
use rusoto_core::request::{
    DispatchSignedRequest, DispatchSignedRequestFuture, HttpDispatchError, HttpResponse,
};
use rusoto_core::signature::{SignedRequest, SignedRequestPayload};
use ureq::Agent;
use xml::reader::{EventReader, XmlEvent};

use crate::aws::http::{is_distrust, reason};

/// Ten messages of 1 MiB, each byte of them escaped, and room to spare.
const LARGEST_REPLY: u64 = 96 * 1024 * 1024;

/// Begins the text of an error that came before anything was sent.
pub const NOT_SENT: &str = "could not connect: ";
/// Begins the text of an error that no later try will change: the certificate is not trusted.
pub const UNTRUSTED: &str = "not trusted: ";

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
}

impl Dispatcher {
    pub fn new(agent: Agent, format: Format) -> Dispatcher {
        Dispatcher { agent, format }
    }

    fn exchange(&self, request: SignedRequest) -> Result<HttpResponse, HttpDispatchError> {
        let reply = self.agent.run(to_http(request)?).map_err(|error| failed(&error))?;
        let (head, mut body) = reply.into_parts();
        let status = StatusCode::from_u16(head.status.as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
        let body = body.with_config().limit(LARGEST_REPLY).read_to_vec().map_err(|error| failed(&error))?;
        let body = self.vouch_for(status, body)?;
        // Other headers than these two are of no use, and any of them may hold bytes that are no text.
        let kept = ["x-amzn-requestid", "date"].map(HeaderName::from_static);
        let text = |name: &HeaderName| {
            let value = head.headers.get(name.as_str())?;
            Some((name.clone(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        };
        let headers: HeaderMap<String> = kept.iter().filter_map(text).collect();
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
            (false, true, _) => Err(HttpDispatchError::new("the reply was empty or cut short".to_owned())),
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
    builder.body(body).map_err(|_| HttpDispatchError::new(format!("{NOT_SENT}the endpoint is no usable URL")))
}

fn failed(error: &ureq::Error) -> HttpDispatchError {
    let not_sent = match error {
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed | ureq::Error::ConnectProxyFailed(_) => {
            true
        }
        ureq::Error::Timeout(step) => matches!(step, ureq::Timeout::Resolve | ureq::Timeout::Connect),
        ureq::Error::Io(cause) => cause.kind() == std::io::ErrorKind::ConnectionRefused,
        ureq::Error::Tls(_) | ureq::Error::NativeTls(_) => true,
        _ => false,
    };
    let prefix = match (is_distrust(error), not_sent) {
        (true, _) => UNTRUSTED,
        (false, true) => NOT_SENT,
        (false, false) => "",
    };
    HttpDispatchError::new(format!("{prefix}{}", reason(error)))
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
pub fn read_any(bytes: &[u8]) {
    is_whole_xml(bytes);
}

#[cfg(test)]
mod tests {
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
}
