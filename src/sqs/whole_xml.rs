//! Whether XML is whole. rusoto's reader, which loops for ever on a document that is cut short, sees no other.

use http::StatusCode;
use xml::reader::{EventReader, XmlEvent};

use crate::aws::CallError;

/// Passes on XML that is whole and an answer to this action. Where the status tells of an error already, the status is
/// what is passed on.
pub fn vouch_for(action: &str, status: StatusCode, body: Vec<u8>) -> Result<Vec<u8>, CallError> {
    match (root_of_whole_xml(&body), status.is_success()) {
        (Some(root), true) if root.strip_suffix("Response") == Some(action) => Ok(body),
        (Some(_), true) => Err(CallError::Malformed),
        (Some(_), false) => Ok(body),
        (None, true) => Err(no_whole(&body)),
        // Whole, so that the reader ends, and without a code that nobody sent.
        (None, false) => Ok(b"<None/>".to_vec()),
    }
}

/// Why there is no whole XML: it was cut, if it is nothing at all or was begun as XML.
pub fn no_whole(body: &[u8]) -> CallError {
    match body.trim_ascii_start().first() {
        None | Some(b'<') => CallError::cut_short(),
        Some(_) => CallError::Malformed,
    }
}

/// The name of the outermost element, once all is read.
pub fn root_of_whole_xml(body: &[u8]) -> Option<String> {
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
