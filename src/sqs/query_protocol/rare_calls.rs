//! The calls that a run makes once or seldom, in the Query protocol, as rusoto_sqs makes them.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use futures_executor::block_on;
use rusoto_core::RusotoError;
use rusoto_sqs as api;
use rusoto_sqs::{Sqs, SqsClient};

use crate::aws::CallError;
use crate::message::{AttributeValue, MessageAttribute, Receipt};
use crate::sqs::receive_reply::{self, EntryResult};
use crate::sqs::rusoto_errors::call_error;

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
