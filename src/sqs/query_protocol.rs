//! The calls in the Query protocol, which rusoto_sqs speaks, for servers that do not speak JSON.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use futures_executor::block_on;
use rusoto_core::RusotoError;
use rusoto_sqs as api;
use rusoto_sqs::{Sqs, SqsClient};

use super::receive_reply::{self, EntryResult, Wanted};
use super::rusoto_errors::call_error;
use crate::aws::CallError;
use crate::message::{AttributeValue, Message, MessageAttribute, Receipt};
use crate::queue::Received;

fn finish<T, E: std::fmt::Debug>(
    call: impl Future<Output = Result<T, RusotoError<E>>>,
) -> Result<T, CallError> {
    block_on(call).map_err(call_error)
}

pub fn queue_url(client: &SqsClient, name: &str, account: Option<&str>) -> Result<String, CallError> {
    let request = api::GetQueueUrlRequest {
        queue_name: name.to_owned(),
        queue_owner_aws_account_id: account.map(str::to_owned),
    };
    finish(client.get_queue_url(request))?.queue_url.ok_or(CallError::Malformed)
}

pub fn attributes(client: &SqsClient, queue_url: &str) -> Result<HashMap<String, String>, CallError> {
    let request = api::GetQueueAttributesRequest {
        queue_url: queue_url.to_owned(),
        attribute_names: Some(vec!["All".to_owned()]),
    };
    let attributes = finish(client.get_queue_attributes(request))?.attributes;
    // Every queue has some.
    attributes.filter(|attributes| !attributes.is_empty()).ok_or(CallError::Malformed)
}

pub fn receive(client: &SqsClient, queue_url: &str, wanted: &Wanted) -> Result<Received, CallError> {
    let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let request = api::ReceiveMessageRequest {
        queue_url: queue_url.to_owned(),
        max_number_of_messages: i64::try_from(wanted.most).ok(),
        wait_time_seconds: i64::try_from(wanted.wait.as_secs()).ok(),
        visibility_timeout: wanted.visibility_timeout.and_then(|time| i64::try_from(time.as_secs()).ok()),
        attribute_names: names(wanted.system_attributes),
        message_attribute_names: names(wanted.message_attributes),
        receive_request_attempt_id: None,
    };
    let messages = finish(client.receive_message(request))?.messages.unwrap_or_default();
    let messages: Result<Vec<Option<Message>>, CallError> =
        messages.into_iter().map(|message| into_message(message, queue_url)).collect();
    Ok(receive_reply::received(messages?.into_iter()))
}

/// `Ok(None)` for a body that does not match its checksum: the message comes back.
fn into_message(message: api::Message, queue_url: &str) -> Result<Option<Message>, CallError> {
    let (Some(id), Some(receipt)) = (message.message_id, message.receipt_handle) else {
        return Err(CallError::Malformed);
    };
    let body = message.body.unwrap_or_default();
    // rusoto's reader drops a text of nothing but white space, and SQS takes no empty body: not damaged, only blank.
    if !body.is_empty() && !receive_reply::is_intact(&body, message.md5_of_body.as_deref()) {
        return Ok(None);
    }
    let system = message.attributes.unwrap_or_default();
    Ok(Some(Message {
        id: receive_reply::message_id(&id, queue_url),
        receipt: Receipt(receipt.into()),
        body,
        sent_at: system.get("SentTimestamp").and_then(|time| receive_reply::sent_at(time)),
        receive_count: system.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()),
        group: system.get("MessageGroupId").map(|group| group.as_str().into()),
        attributes: message.message_attributes.unwrap_or_default().into_iter().map(attribute).collect(),
    }))
}

fn attribute((name, value): (String, api::MessageAttributeValue)) -> MessageAttribute {
    let data_type = value.data_type;
    let value = match (value.string_value, value.binary_value) {
        (Some(text), _) => AttributeValue::Text(text),
        // Likewise: the library leaves base64 as it came.
        (None, binary) => {
            let base64 = binary.unwrap_or_default();
            AttributeValue::Binary(receive_reply::from_base64(&String::from_utf8_lossy(&base64)))
        }
    };
    MessageAttribute { name, data_type, value }
}

pub fn delete(
    client: &SqsClient,
    queue_url: &str,
    receipt_handles: &[&str],
) -> Result<Vec<EntryResult>, CallError> {
    let entry = |(place, handle): (usize, &&str)| api::DeleteMessageBatchRequestEntry {
        id: place.to_string(),
        receipt_handle: (*handle).to_owned(),
    };
    let request = api::DeleteMessageBatchRequest {
        queue_url: queue_url.to_owned(),
        entries: receipt_handles.iter().enumerate().map(entry).collect(),
    };
    let reply = finish(client.delete_message_batch(request))?;
    let done = reply.successful.iter().map(|entry| entry.id.as_str());
    let failed = reply.failed.iter().map(|entry| (entry.id.as_str(), entry.sender_fault));
    Ok(receive_reply::entry_results(receipt_handles.len(), done, failed))
}

/// Hides up to ten messages for `time` from now on, and tells of each what the server says.
pub fn change_visibility(
    client: &SqsClient,
    queue_url: &str,
    receipts: &[Receipt],
    time: Duration,
) -> Result<Vec<EntryResult>, CallError> {
    let entry = |(place, receipt): (usize, &Receipt)| api::ChangeMessageVisibilityBatchRequestEntry {
        id: place.to_string(),
        receipt_handle: receipt.0.to_string(),
        visibility_timeout: i64::try_from(time.as_secs()).ok(),
    };
    let request = api::ChangeMessageVisibilityBatchRequest {
        queue_url: queue_url.to_owned(),
        entries: receipts.iter().enumerate().map(entry).collect(),
    };
    let reply = finish(client.change_message_visibility_batch(request))?;
    let done = reply.successful.iter().map(|entry| entry.id.as_str());
    let failed = reply.failed.iter().map(|entry| (entry.id.as_str(), entry.sender_fault));
    Ok(receive_reply::entry_results(receipts.len(), done, failed))
}

/// What is sent to a dead-letter queue besides the body.
#[derive(Clone)]
pub struct Envelope<'a> {
    pub attributes: &'a [MessageAttribute],
    /// Group and deduplication id, where that queue is FIFO.
    pub fifo: Option<(String, String)>,
}

/// Returns once the server says that it holds this very body.
pub fn send(
    client: &SqsClient,
    queue_url: &str,
    body: &str,
    envelope: Envelope<'_>,
) -> Result<(), CallError> {
    let (group, deduplication_id) = envelope.fifo.unzip();
    let request = api::SendMessageRequest {
        queue_url: queue_url.to_owned(),
        message_body: body.to_owned(),
        message_attributes: Some(envelope.attributes.iter().map(to_api).collect()),
        message_group_id: group,
        message_deduplication_id: deduplication_id,
        ..Default::default()
    };
    let reply = finish(client.send_message(request))?;
    let held =
        reply.message_id.is_some() && receive_reply::is_intact(body, reply.md5_of_message_body.as_deref());
    if held { Ok(()) } else { Err(CallError::Malformed) }
}

fn to_api(attribute: &MessageAttribute) -> (String, api::MessageAttributeValue) {
    let (string_value, binary_value) = match &attribute.value {
        AttributeValue::Text(text) => (Some(text.clone()), None),
        // The library wants text here, though the type says bytes: what travels is base64.
        AttributeValue::Binary(bytes) => (None, Some(receive_reply::to_base64(bytes).into())),
    };
    let data_type = attribute.data_type.clone();
    (
        attribute.name.clone(),
        api::MessageAttributeValue { data_type, string_value, binary_value, ..Default::default() },
    )
}
