//! The calls in the JSON protocol: XML costs several times the processor time, and one character that XML forbids
//! hides a whole reply.

mod rare_calls;
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
pub use rare_calls::{attributes, change_visibility, queue_url, send};
use wire::{BatchReply, DeleteRequest, Entry, ReceiveReply, ReceiveRequest};

/// The header that names the action of a call.
pub const TARGET: &str = "x-amz-target";
pub const RECEIVE: &str = "ReceiveMessage";

pub fn receive(
    client: &Client,
    region: &Region,
    queue_url: &str,
    wanted: &Wanted,
) -> Result<Received, CallError> {
    let request = ReceiveRequest::new(queue_url, wanted);
    let http = call(client, region, RECEIVE, &request)?;
    let reply = ReceiveReply::read(&http.body).ok_or(CallError::Malformed)?;
    Ok(reply.into_received(queue_url))
}

/// For each receipt handle whether the server says that its message is gone, or what it says instead.
pub fn delete(
    client: &Client,
    region: &Region,
    queue_url: &str,
    receipt_handles: &[&str],
) -> Result<Vec<EntryResult>, CallError> {
    let entries = receipt_handles.iter().enumerate().map(|(place, handle)| Entry::new(place, handle));
    let request = DeleteRequest { queue_url, entries: entries.collect() };
    let http = call(client, region, "DeleteMessageBatch", &request)?;
    let reply = BatchReply::read(&http.body).ok_or(CallError::Malformed)?;
    Ok(reply.results(receipt_handles.len()))
}

fn call(
    client: &Client,
    region: &Region,
    action: &str,
    request: &impl Serialize,
) -> Result<BufferedHttpResponse, CallError> {
    let mut signed = SignedRequest::new("POST", "sqs", region, "/");
    signed.set_content_type("application/x-amz-json-1.0".to_owned());
    signed.add_header(TARGET, &format!("AmazonSQS.{action}"));
    signed.set_payload(Some(serde_json::to_vec(request).map_err(|_| CallError::Malformed)?));
    // The error of this call has no name outside rusoto; its wider form has.
    let failed = |error| call_error(RusotoError::<()>::from(error));
    let mut response = block_on(client.sign_and_dispatch(signed)).map_err(failed)?;
    let reply = block_on(response.buffer()).map_err(|error| call_error(RusotoError::<()>::from(error)))?;
    if reply.status.is_success() {
        return Ok(reply);
    }
    // A server that speaks JSON refuses in JSON: codes in other forms are somebody else's.
    let mut refusal = error_reply(&reply);
    if serde_json::from_slice::<serde::de::IgnoredAny>(&reply.body).is_err() {
        refusal.code = String::new();
    }
    Err(CallError::Refused(refusal))
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
                let _ = BatchReply::read(bytes).map(|reply| reply.results(10));
            }
        }
    }
}
