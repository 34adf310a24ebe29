//! One call in the JSON protocol, from its body to the body of its answer.

use futures_executor::block_on;
use rusoto_core::request::BufferedHttpResponse;
use rusoto_core::signature::SignedRequest;
use rusoto_core::{Client, Region, RusotoError};
use serde::Serialize;

use crate::aws::CallError;
use crate::sqs::rusoto_errors::{call_error, error_reply};

/// The header that names the action of a call.
pub const TARGET: &str = "x-amz-target";
pub const RECEIVE: &str = "ReceiveMessage";

pub fn call(
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
