//! One call in the JSON protocol, from its body to the body of its answer.

use rusoto_core::request::BufferedHttpResponse;
use serde::Serialize;

use crate::aws::CallError;
use crate::sqs::dispatcher::Dispatcher;
use crate::sqs::json_server::Server;
use crate::sqs::rusoto_errors::error_reply;

pub fn call(
    client: &Dispatcher,
    server: &Server,
    action: &str,
    request: &impl Serialize,
) -> Result<BufferedHttpResponse, CallError> {
    call_with(client, server, action, request, &|_| ())
}

/// `make_room` is told how many bytes the reply has before these are read, and may wait.
pub fn call_with(
    client: &Dispatcher,
    server: &Server,
    action: &str,
    request: &impl Serialize,
    make_room: &dyn Fn(usize),
) -> Result<BufferedHttpResponse, CallError> {
    let body = serde_json::to_vec(request).map_err(|_| CallError::Malformed)?;
    let reply = client.post_json(server, action, &body, make_room)?;
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
