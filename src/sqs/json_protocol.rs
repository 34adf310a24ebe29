//! The two hot calls, receive and delete, in JSON: XML costs several times the processor time, and one character
//! that XML forbids hides a whole reply.

mod wire;

use std::sync::Arc;

use rusoto_core::Region;
use rusoto_core::signature::SignedRequest;
use serde::Serialize;

use super::exchange::Exchange;
use super::receive_reply::{EntryResult, Wanted};
use super::signing_keys;
use crate::aws::{CallError, Credentials, ErrorReply};
use crate::queue::Received;
use wire::{DeleteReply, DeleteRequest, Entry, ReceiveReply, ReceiveRequest};

/// What a call in JSON came to.
pub enum Answer<T> {
    Is(T),
    /// The server does not speak this protocol.
    NotSpoken,
}

pub struct JsonClient {
    exchange: Exchange,
    credentials: Arc<Credentials>,
    region: Region,
}

impl JsonClient {
    pub fn new(exchange: Exchange, credentials: Arc<Credentials>, region: Region) -> JsonClient {
        JsonClient { exchange, credentials, region }
    }

    /// `make_room` is told how many bytes the reply has before these are read, and may wait.
    pub fn receive(
        &self,
        queue_url: &str,
        wanted: &Wanted,
        make_room: &dyn Fn(usize),
    ) -> Result<Answer<Received>, CallError> {
        let request = ReceiveRequest::new(queue_url, wanted);
        let body = match self.call("ReceiveMessage", &request, make_room)? {
            Answer::Is(body) => body,
            Answer::NotSpoken => return Ok(Answer::NotSpoken),
        };
        let reply = ReceiveReply::read(&body).ok_or(CallError::Malformed)?;
        Ok(Answer::Is(reply.into_received(queue_url)))
    }

    /// For each receipt handle whether the server says that its message is gone, or what it says instead.
    pub fn delete(
        &self,
        queue_url: &str,
        receipt_handles: &[&str],
    ) -> Result<Answer<Vec<EntryResult>>, CallError> {
        let entries = receipt_handles.iter().enumerate().map(|(place, handle)| Entry::new(place, handle));
        let request = DeleteRequest { queue_url, entries: entries.collect() };
        let body = match self.call("DeleteMessageBatch", &request, &|_| ())? {
            Answer::Is(body) => body,
            Answer::NotSpoken => return Ok(Answer::NotSpoken),
        };
        let reply = DeleteReply::read(&body).ok_or(CallError::Malformed)?;
        Ok(Answer::Is(reply.results(receipt_handles.len())))
    }

    fn call(
        &self,
        action: &str,
        request: &impl Serialize,
        make_room: &dyn Fn(usize),
    ) -> Result<Answer<Vec<u8>>, CallError> {
        let mut signed = SignedRequest::new("POST", "sqs", &self.region, "/");
        signed.set_content_type("application/x-amz-json-1.0".to_owned());
        signed.add_header("x-amz-target", &format!("AmazonSQS.{action}"));
        signed.set_payload(Some(serde_json::to_vec(request).map_err(|_| CallError::Malformed)?));
        signed.sign(&signing_keys::of(&self.credentials).map_err(CallError::NoCredentials)?);
        let (head, body) = self.exchange.send(&signed, make_room)?;
        if head.is_success() && body.is_empty() {
            // It would read as "no messages".
            return Err(CallError::NoReply("the reply was empty or cut short".to_owned()));
        }
        if head.is_success() {
            return Ok(Answer::Is(body));
        }
        // A server that speaks JSON refuses in JSON.
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&body).is_ok();
        if (400..500).contains(&head.status) && head.status != 429 && !is_json {
            return Ok(Answer::NotSpoken);
        }
        let text = String::from_utf8_lossy(&body);
        Err(CallError::Refused(ErrorReply::read(head.status, &text, head.request_id)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_reply_is_read_or_refused(bytes: Vec<u8>, text in r#"(\{|\}|\[|\]|,|:|"Messages"|"Successful"|"Id"|null|1){0,12}"#) {
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                let _ = ReceiveReply::read(bytes).map(|reply| reply.into_received("queue"));
                let _ = DeleteReply::read(bytes).map(|reply| reply.results(10));
            }
        }
    }
}
