//! The exchange of a request in the Query protocol, for rusoto, which reads only XML that is whole.

use std::future::ready;
use std::time::Duration;

use http::StatusCode;
use http::header::{HeaderMap, HeaderName};
use rusoto_core::ByteStream;
use rusoto_core::request::{
    DispatchSignedRequest, DispatchSignedRequestFuture, HttpDispatchError, HttpResponse,
};
use rusoto_core::signature::{SignedRequest, SignedRequestPayload};
use xml::reader::{EventReader, XmlEvent};

use super::exchange::Exchange;
use super::rusoto_errors::dispatch_error;
use crate::aws::CallError;

/// The action that a reply must name. rusoto's XML reader loops for ever on a document that is cut short.
fn action(request: &SignedRequest) -> String {
    let form: &[u8] = match &request.payload {
        Some(SignedRequestPayload::Buffer(form)) => form,
        _ => &[],
    };
    let fields = form.split(|byte| *byte == b'&');
    let action = fields.filter_map(|field| field.strip_prefix(b"Action=")).next().unwrap_or_default();
    String::from_utf8_lossy(action).into_owned()
}

pub struct Dispatcher {
    exchange: Exchange,
}

impl Dispatcher {
    pub fn new(exchange: Exchange) -> Dispatcher {
        Dispatcher { exchange }
    }

    fn exchange(&self, request: &SignedRequest) -> Result<HttpResponse, HttpDispatchError> {
        let (head, body) = self.exchange.send(request, &|_| ()).map_err(|error| dispatch_error(&error))?;
        let status = StatusCode::from_u16(head.status).unwrap_or(StatusCode::BAD_GATEWAY);
        let body = vouch_for(&action(request), status, body)?;
        let request_id = head.request_id.map(|id| (HeaderName::from_static("x-amzn-requestid"), id));
        let headers: HeaderMap<String> = request_id.into_iter().collect();
        Ok(HttpResponse { status, headers, body: ByteStream::from(body) })
    }
}

impl DispatchSignedRequest for Dispatcher {
    /// The time limit is the agent's matter: rusoto never passes one.
    fn dispatch(&self, request: SignedRequest, _: Option<Duration>) -> DispatchSignedRequestFuture {
        Box::pin(ready(self.exchange(&request)))
    }
}

/// An empty reply would read as "no messages", so it is an error here. So is XML that is not whole, or
/// somebody else's; where the status tells of an error already, the status is what is passed on.
fn vouch_for(action: &str, status: StatusCode, body: Vec<u8>) -> Result<Vec<u8>, HttpDispatchError> {
    let cut_short = || dispatch_error(&CallError::NoReply("the reply was empty or cut short".to_owned()));
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
