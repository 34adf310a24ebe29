//! The calls that a run makes once or seldom, in JSON.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::exchange::call;
use super::wire::BatchReply;
use crate::aws::CallError;
use crate::message::{AttributeValue, MessageAttribute, Receipt};
use crate::sqs::dispatcher::Dispatcher;
use crate::sqs::query_protocol::Envelope;
use crate::sqs::receive_reply::{self, EntryResult};
use crate::sqs::server::Server;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UrlRequest<'a> {
    queue_name: &'a str,
    #[serde(rename = "QueueOwnerAWSAccountId", skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UrlReply {
    queue_url: String,
}

pub fn queue_url(
    client: &Dispatcher,
    server: &Server,
    name: &str,
    account: Option<&str>,
) -> Result<String, CallError> {
    let request = UrlRequest { queue_name: name, account };
    let reply: UrlReply = read(&call(client, server, "GetQueueUrl", &request)?)?;
    Ok(reply.queue_url)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AttributesRequest<'a> {
    queue_url: &'a str,
    attribute_names: [&'a str; 1],
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AttributesReply {
    attributes: HashMap<String, String>,
}

pub fn attributes(
    client: &Dispatcher,
    server: &Server,
    queue_url: &str,
) -> Result<HashMap<String, String>, CallError> {
    let request = AttributesRequest { queue_url, attribute_names: ["All"] };
    let reply: AttributesReply = read(&call(client, server, "GetQueueAttributes", &request)?)?;
    // Every queue has some.
    Some(reply.attributes).filter(|attributes| !attributes.is_empty()).ok_or(CallError::Malformed)
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct VisibilityRequest<'a> {
    queue_url: &'a str,
    entries: Vec<VisibilityEntry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct VisibilityEntry<'a> {
    id: String,
    receipt_handle: &'a str,
    visibility_timeout: u64,
}

/// Hides up to ten messages for `time` from now on, and tells of each what the server says.
pub fn change_visibility(
    client: &Dispatcher,
    server: &Server,
    queue_url: &str,
    receipts: &[Receipt],
    time: Duration,
) -> Result<Vec<EntryResult>, CallError> {
    let entries = receipts.iter().enumerate().map(|(place, receipt)| VisibilityEntry {
        id: place.to_string(),
        receipt_handle: &receipt.0,
        visibility_timeout: time.as_secs(),
    });
    let request = VisibilityRequest { queue_url, entries: entries.collect() };
    let body = call(client, server, "ChangeMessageVisibilityBatch", &request)?;
    let reply = BatchReply::read(&body).ok_or(CallError::Malformed)?;
    Ok(reply.results(receipts.len()))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SendRequest<'a> {
    queue_url: &'a str,
    message_body: &'a str,
    message_attributes: HashMap<&'a str, SentAttribute<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_deduplication_id: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct SentAttribute<'a> {
    data_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    string_value: Option<&'a str>,
    /// Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    binary_value: Option<String>,
}

impl<'a> SentAttribute<'a> {
    fn new(attribute: &'a MessageAttribute) -> SentAttribute<'a> {
        let (string_value, binary_value) = match &attribute.value {
            AttributeValue::Text(text) => (Some(text.as_str()), None),
            AttributeValue::Binary(bytes) => (None, Some(receive_reply::to_base64(bytes))),
        };
        SentAttribute { data_type: &attribute.data_type, string_value, binary_value }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendReply {
    #[serde(rename = "MessageId")]
    _message_id: String,
    #[serde(rename = "MD5OfMessageBody", default)]
    md5_of_message_body: Option<String>,
}

/// Returns once the server says that it holds this very body.
pub fn send(
    client: &Dispatcher,
    server: &Server,
    queue_url: &str,
    body: &str,
    envelope: Envelope<'_>,
) -> Result<(), CallError> {
    let (message_group_id, message_deduplication_id) = envelope.fifo.unzip();
    let attributes = envelope.attributes.iter();
    let request = SendRequest {
        queue_url,
        message_body: body,
        message_attributes: attributes.map(|own| (own.name.as_str(), SentAttribute::new(own))).collect(),
        message_group_id,
        message_deduplication_id,
    };
    let reply: SendReply = read(&call(client, server, "SendMessage", &request)?)?;
    let held = receive_reply::is_intact(body, reply.md5_of_message_body.as_deref());
    if held { Ok(()) } else { Err(CallError::Malformed) }
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, CallError> {
    serde_json::from_slice(body).map_err(|_| CallError::Malformed)
}
