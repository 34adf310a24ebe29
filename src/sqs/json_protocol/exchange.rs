//! One call in the JSON protocol, from its body to the body of its answer.

use serde::Serialize;
use serde::de::IgnoredAny;

use crate::aws::CallError;
use crate::sqs::dispatcher::Dispatcher;
use crate::sqs::server::{Form, Server};

pub const RECEIVE: &str = "ReceiveMessage";

pub fn call(
    client: &Dispatcher,
    server: &Server,
    action: &str,
    request: &impl Serialize,
) -> Result<Vec<u8>, CallError> {
    call_with(client, server, action, request, &|_| ())
}

/// `make_room` is told how many bytes the reply has before these are read, and may wait.
pub fn call_with(
    client: &Dispatcher,
    server: &Server,
    action: &str,
    request: &impl Serialize,
    make_room: &dyn Fn(usize),
) -> Result<Vec<u8>, CallError> {
    let body = serde_json::to_vec(request).map_err(|_| CallError::Malformed)?;
    let target = format!("AmazonSQS.{action}");
    let reply = client.post(server, Form::Json { target: &target }, &body, make_room)?;
    if !reply.status.is_success() {
        return Err(reply.refusal(serde_json::from_slice::<IgnoredAny>(&reply.body).is_ok()));
    }
    match (reply.body.is_empty(), action) {
        (false, _) => Ok(reply.body),
        // Some stand-ins for SQS answer a receive that brings nothing with nothing.
        (true, RECEIVE) if reply.says_empty && !server.is_aws => Ok(b"{}".to_vec()),
        (true, _) => Err(CallError::cut_short()),
    }
}
