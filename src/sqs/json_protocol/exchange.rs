//! One call in the JSON protocol, from its body to the body of its answer.

use rusoto_core::Region;
use rusoto_core::request::BufferedHttpResponse;
use rusoto_core::signature::SignedRequest;
use serde::Serialize;

use crate::aws::CallError;
use crate::sqs::dispatcher::{Dispatcher, TARGET};
use crate::sqs::rusoto_errors::error_reply;

pub fn call(
    client: &Dispatcher,
    region: &Region,
    action: &str,
    request: &impl Serialize,
) -> Result<BufferedHttpResponse, CallError> {
    call_with(client, region, action, request, &|_| ())
}

/// `make_room` is told how many bytes the reply has before these are read, and may wait.
pub fn call_with(
    client: &Dispatcher,
    region: &Region,
    action: &str,
    request: &impl Serialize,
    make_room: &dyn Fn(usize),
) -> Result<BufferedHttpResponse, CallError> {
    let mut signed = SignedRequest::new("POST", "sqs", region, "/");
    signed.set_content_type("application/x-amz-json-1.0".to_owned());
    signed.add_header(TARGET, &format!("AmazonSQS.{action}"));
    signed.set_payload(Some(serde_json::to_vec(request).map_err(|_| CallError::Malformed)?));
    let reply = client.sign_and_exchange(signed, make_room)?;
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
