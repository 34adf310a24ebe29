//! The queue that rogue messages go to: what it takes, and what is told of a message that it does not.

use std::collections::HashMap;

use crate::aws::{CallError, ErrorReply, Meaning};
use crate::batch::Original;
use crate::message::{AttributeValue, MessageAttribute};

/// The name of the attribute that says why a message was rejected.
const REASON: &str = "login_drain_reason";
/// SQS takes this many attributes on a message.
const MOST_ATTRIBUTES: usize = 10;
/// What SQS gives a queue that nobody told otherwise, in bytes.
const USUAL_SIZE: usize = 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterQueue {
    pub url: String,
    pub fifo: bool,
    /// Bytes of body and attributes that a message may have.
    largest: usize,
}

impl DeadLetterQueue {
    /// `attributes` as SQS gives them; `None` where we may not ask.
    pub fn new(url: String, attributes: Option<&HashMap<String, String>>) -> DeadLetterQueue {
        let text = |name: &str| attributes.and_then(|attributes| attributes.get(name));
        DeadLetterQueue {
            fifo: text("FifoQueue").map_or(url.ends_with(".fifo"), |text| text == "true"),
            largest: text("MaximumMessageSize").and_then(|size| size.parse().ok()).unwrap_or(USUAL_SIZE),
            url,
        }
    }

    /// The message's own attributes and the reason, or why there is no room for it.
    pub fn attributes(&self, original: &Original, reason: &str) -> Result<Vec<MessageAttribute>, String> {
        let own = original.attributes.iter().filter(|attribute| attribute.name != REASON).cloned();
        let mut attributes: Vec<MessageAttribute> = own.collect();
        if attributes.len() >= MOST_ATTRIBUTES {
            return Err(format!(
                "it has {MOST_ATTRIBUTES} attributes, so that there is no room for {REASON}"
            ));
        }
        let value = AttributeValue::Text(reason.to_owned());
        attributes.push(MessageAttribute { name: REASON.to_owned(), data_type: "String".to_owned(), value });
        let size = original.body.len() + attributes.iter().map(bytes).sum::<usize>();
        if size > self.largest {
            return Err(format!("with {REASON} it has {size} bytes, and that queue takes {}", self.largest));
        }
        Ok(attributes)
    }
}

fn bytes(attribute: &MessageAttribute) -> usize {
    let value = match &attribute.value {
        AttributeValue::Text(text) => text.len(),
        AttributeValue::Binary(bytes) => bytes.len(),
    };
    attribute.name.len() + attribute.data_type.len() + value
}

/// The refusal of one message, which says nothing of the next one; `None` for errors that would meet every message.
pub fn refusal_of_message(error: &CallError) -> Option<&ErrorReply> {
    let CallError::Refused(reply) = error else { return None };
    let of_the_call = ["Kms", "Signature", "InvalidSignature", "IncompleteSignature", "RequestTimeTooSkewed"];
    let of_the_queue = ["InvalidAddress", "InvalidAction", "MissingAuthenticationToken", "OptInRequired"];
    let lasting = of_the_call.iter().chain(&of_the_queue).any(|start| reply.code.starts_with(start));
    let is_its_own = matches!(reply.status, 400 | 413) && reply.meaning() == Meaning::Other && !lasting;
    is_its_own.then_some(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(name: &str, bytes: usize) -> MessageAttribute {
        let value = AttributeValue::Binary(vec![0xff; bytes]);
        MessageAttribute { name: name.to_owned(), data_type: "Binary".to_owned(), value }
    }

    fn message(body: usize, attributes: Vec<MessageAttribute>) -> Original {
        Original { body: "x".repeat(body), group: None, attributes }
    }

    fn queue(attributes: &[(&str, &str)]) -> DeadLetterQueue {
        let attributes = attributes.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        DeadLetterQueue::new("https://x/1/dead".to_owned(), Some(&attributes.collect()))
    }

    #[test]
    fn the_reason_comes_on_top_of_nine_attributes_and_not_of_ten() {
        let queue = queue(&[]);
        let names = |count: usize| (0..count).map(|number| attribute(&format!("a{number}"), 1)).collect();
        assert_eq!(queue.attributes(&message(1, names(9)), "why").unwrap().len(), 10);
        let told = queue.attributes(&message(1, names(10)), "why").err().unwrap();
        assert!(told.contains("no room"), "{told}");
    }

    #[test]
    fn a_message_that_comes_from_there_has_its_reason_replaced() {
        let attributes = queue(&[]).attributes(&message(1, vec![attribute(REASON, 5)]), "why").unwrap();
        assert_eq!(attributes.len(), 1);
        assert!(matches!(&attributes[0].value, AttributeValue::Text(text) if text == "why"));
    }

    #[test]
    fn body_and_attributes_must_fit_the_queue_together() {
        let queue = queue(&[("MaximumMessageSize", "1024")]);
        // The name, `String` and the reason itself.
        let reason = REASON.len() + 6 + 3;
        let other = "a".len() + "Binary".len() + 10;
        let fits = 1024 - reason - other;
        assert!(queue.attributes(&message(fits, vec![attribute("a", 10)]), "why").is_ok());
        assert!(queue.attributes(&message(fits + 1, vec![attribute("a", 10)]), "why").is_err());
    }

    #[test]
    fn a_queue_is_fifo_by_its_attribute_or_else_by_its_name() {
        assert!(queue(&[("FifoQueue", "true")]).fifo);
        assert!(!queue(&[("FifoQueue", "false")]).fifo);
        assert!(!queue(&[]).fifo);
        assert!(DeadLetterQueue::new("https://x/1/dead.fifo".to_owned(), None).fifo);
    }

    #[test]
    fn a_refusal_is_the_message_s_own_or_of_every_message() {
        let of_message = |status, code: &str| {
            let reply = ErrorReply { status, code: code.to_owned(), request_id: None };
            refusal_of_message(&CallError::Refused(reply)).is_some()
        };
        for code in
            ["InvalidMessageContents", "InvalidParameterValue", "UnsupportedOperation", "MissingParameter"]
        {
            assert!(of_message(400, code), "{code}");
        }
        assert!(of_message(413, ""));
        for (status, code) in [
            (403, "AccessDenied"),
            (400, "AccessDeniedException"),
            (400, "QueueDoesNotExist"),
            (400, "KmsDisabled"),
            (400, "RequestThrottled"),
            (403, "SignatureDoesNotMatch"),
            (404, "InvalidAddress"),
            (500, ""),
        ] {
            assert!(!of_message(status, code), "{code}");
        }
    }
}
