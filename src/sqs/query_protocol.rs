//! The calls in the Query protocol, which rusoto_sqs speaks: the rare ones always, receive and delete where a
//! server does not speak JSON.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use futures_executor::block_on;
use rusoto_core::RusotoError;
use rusoto_sqs as api;
use rusoto_sqs::{Sqs, SqsClient};

use super::incoming::{self, EntryResult, Wanted};
use super::rusoto_errors::call_error;
use crate::aws::CallError;
use crate::batch::Original;
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
    finish(client.get_queue_attributes(request))?.attributes.ok_or(CallError::Malformed)
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
    Ok(incoming::received(messages?.into_iter()))
}

/// `Ok(None)` for a body that does not match its checksum: the message comes back.
fn into_message(message: api::Message, queue_url: &str) -> Result<Option<Message>, CallError> {
    let (Some(id), Some(receipt)) = (message.message_id, message.receipt_handle) else {
        return Err(CallError::Malformed);
    };
    let body = message.body.unwrap_or_default();
    // rusoto's reader drops a text of nothing but white space, and SQS takes no empty body: not damaged, only blank.
    if !body.is_empty() && !incoming::is_intact(&body, message.md5_of_body.as_deref()) {
        return Ok(None);
    }
    let system = message.attributes.unwrap_or_default();
    Ok(Some(Message {
        id: incoming::message_id(&id, queue_url),
        receipt: Receipt(receipt.into()),
        body,
        sent_at: system.get("SentTimestamp").and_then(|time| incoming::sent_at(time)),
        receive_count: system.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()),
        group: system.get("MessageGroupId").map(|group| group.as_str().into()),
        attributes: message.message_attributes.unwrap_or_default().into_iter().map(attribute).collect(),
    }))
}

fn attribute((name, value): (String, api::MessageAttributeValue)) -> MessageAttribute {
    let data_type = value.data_type;
    let value = match (value.string_value, value.binary_value) {
        (Some(text), _) => AttributeValue::Text(text),
        (None, binary) => AttributeValue::Binary(binary.unwrap_or_default().to_vec()),
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
    Ok(incoming::entry_results(receipt_handles.len(), done, failed))
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
    Ok(incoming::entry_results(receipts.len(), done, failed))
}

/// Sends a rejected message on, with the reason as one attribute more.
pub fn dead_letter(
    client: &SqsClient,
    queue_url: &str,
    id: &str,
    original: &Original,
    reason: &str,
) -> Result<(), CallError> {
    /// SQS takes ten attributes; the reason replaces the last where there are ten.
    const ROOM_FOR_OTHERS: usize = 9;
    let mut attributes: HashMap<_, _> =
        original.attributes.iter().take(ROOM_FOR_OTHERS).map(to_api).collect();
    let text = AttributeValue::Text(reason.to_owned());
    let told = MessageAttribute {
        name: "login_drain_reason".to_owned(),
        data_type: "String".to_owned(),
        value: text,
    };
    attributes.extend([to_api(&told)]);
    let request = api::SendMessageRequest {
        queue_url: queue_url.to_owned(),
        message_body: original.body.clone(),
        message_attributes: Some(attributes),
        // A FIFO dead-letter queue wants a group; the id makes a second sending no second message.
        message_group_id: original.group.as_deref().map(str::to_owned),
        message_deduplication_id: original.group.as_ref().map(|_| id.to_owned()),
        ..Default::default()
    };
    finish(client.send_message(request)).map(drop)
}

fn to_api(attribute: &MessageAttribute) -> (String, api::MessageAttributeValue) {
    let (string_value, binary_value) = match &attribute.value {
        AttributeValue::Text(text) => (Some(text.clone()), None),
        AttributeValue::Binary(bytes) => (None, Some(bytes.clone().into())),
    };
    let data_type = attribute.data_type.clone();
    (
        attribute.name.clone(),
        api::MessageAttributeValue { data_type, string_value, binary_value, ..Default::default() },
    )
}
