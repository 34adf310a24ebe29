//! The two hot calls, receive and delete, in JSON: XML costs several times the processor time, and one character
//! that XML forbids hides a whole reply.

mod wire;

use futures_executor::block_on;
use rusoto_core::request::BufferedHttpResponse;
use rusoto_core::signature::SignedRequest;
use rusoto_core::{Client, Region, RusotoError};
use serde::Serialize;

use super::receive_reply::{EntryResult, Wanted};
use super::rusoto_errors::{call_error, error_reply};
use crate::aws::CallError;
use crate::queue::Received;
use wire::{DeleteReply, DeleteRequest, Entry, ReceiveReply, ReceiveRequest};

/// What a call in JSON came to.
pub enum Answer<T> {
    Is(T),
    /// The server does not speak this protocol.
    NotSpoken,
}

pub fn receive(
    client: &Client,
    region: &Region,
    queue_url: &str,
    wanted: &Wanted,
) -> Result<Answer<Received>, CallError> {
    let request = ReceiveRequest::new(queue_url, wanted);
    let http = match call(client, region, "ReceiveMessage", &request)? {
        Answer::Is(reply) => reply,
        Answer::NotSpoken => return Ok(Answer::NotSpoken),
    };
    let reply = ReceiveReply::read(&http.body).ok_or(CallError::Malformed)?;
    Ok(Answer::Is(reply.into_received(queue_url)))
}

/// For each receipt handle whether the server says that its message is gone, or what it says instead.
pub fn delete(
    client: &Client,
    region: &Region,
    queue_url: &str,
    receipt_handles: &[&str],
) -> Result<Answer<Vec<EntryResult>>, CallError> {
    let entries = receipt_handles.iter().enumerate().map(|(place, handle)| Entry::new(place, handle));
    let request = DeleteRequest { queue_url, entries: entries.collect() };
    let http = match call(client, region, "DeleteMessageBatch", &request)? {
        Answer::Is(reply) => reply,
        Answer::NotSpoken => return Ok(Answer::NotSpoken),
    };
    let reply = DeleteReply::read(&http.body).ok_or(CallError::Malformed)?;
    Ok(Answer::Is(reply.results(receipt_handles.len())))
}

fn call(
    client: &Client,
    region: &Region,
    action: &str,
    request: &impl Serialize,
) -> Result<Answer<BufferedHttpResponse>, CallError> {
    let mut signed = SignedRequest::new("POST", "sqs", region, "/");
    signed.set_content_type("application/x-amz-json-1.0".to_owned());
    signed.add_header("x-amz-target", &format!("AmazonSQS.{action}"));
    signed.set_payload(Some(serde_json::to_vec(request).map_err(|_| CallError::Malformed)?));
    // The error of this call has no name outside rusoto; its wider form has.
    let failed = |error| call_error(RusotoError::<()>::from(error));
    let mut response = block_on(client.sign_and_dispatch(signed)).map_err(failed)?;
    let reply = block_on(response.buffer()).map_err(|error| call_error(RusotoError::<()>::from(error)))?;
    if reply.status.is_success() {
        return Ok(Answer::Is(reply));
    }
    // A server that speaks JSON refuses in JSON.
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&reply.body).is_ok();
    if reply.status.is_client_error() && reply.status.as_u16() != 429 && !is_json {
        return Ok(Answer::NotSpoken);
    }
    Err(CallError::Refused(error_reply(&reply)))
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
