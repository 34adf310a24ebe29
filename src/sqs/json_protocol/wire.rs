//! The JSON bodies of receive and delete, and the replies to all batch calls, in SQS's own names, borrowed from the reply where they can be.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize, Serializer};

use crate::message::{AttributeValue, Message, MessageAttribute, Receipt};
use crate::queue::Received;
use crate::sqs::receive_reply::{self, EntryResult, Wanted};

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReceiveRequest<'a> {
    queue_url: &'a str,
    max_number_of_messages: usize,
    wait_time_seconds: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    visibility_timeout: Option<u64>,
    /// The old name of MessageSystemAttributeNames, which every server knows.
    attribute_names: &'a [&'static str],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    message_attribute_names: &'a [&'static str],
}

impl<'a> ReceiveRequest<'a> {
    pub fn new(queue_url: &'a str, wanted: &'a Wanted) -> ReceiveRequest<'a> {
        ReceiveRequest {
            queue_url,
            max_number_of_messages: wanted.most,
            wait_time_seconds: wanted.wait.as_secs(),
            visibility_timeout: wanted.visibility_timeout.map(|time| time.as_secs()),
            attribute_names: wanted.system_attributes,
            message_attribute_names: wanted.message_attributes,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReceiveReply<'a> {
    #[serde(borrow, default)]
    messages: Option<Vec<WireMessage<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireMessage<'a> {
    #[serde(borrow)]
    message_id: Cow<'a, str>,
    #[serde(borrow)]
    receipt_handle: Cow<'a, str>,
    body: String,
    #[serde(rename = "MD5OfBody", borrow, default)]
    md5_of_body: Option<Text<'a>>,
    #[serde(borrow, default)]
    attributes: Option<SystemAttributes<'a>>,
    #[serde(default)]
    message_attributes: Option<HashMap<String, WireAttribute>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct SystemAttributes<'a> {
    #[serde(borrow, default)]
    sent_timestamp: Option<Text<'a>>,
    #[serde(borrow, default)]
    approximate_receive_count: Option<Text<'a>>,
    #[serde(borrow, default)]
    message_group_id: Option<Text<'a>>,
}

/// Borrowed from the reply where it has no escapes. serde copies an optional `Cow` always, but not one inside a type.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Text<'_> {
    fn of<'a>(text: Option<&'a Text<'_>>) -> Option<&'a str> {
        text.map(|text| text.0.as_ref())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireAttribute {
    data_type: String,
    #[serde(default)]
    string_value: Option<String>,
    /// Base64.
    #[serde(default)]
    binary_value: Option<String>,
}

/// Whether a reply is one of SQS though it lists nothing: `{}`, or one that knows this key.
fn lists_nothing(body: &[u8], key: &str) -> bool {
    let keys = serde_json::from_slice::<HashMap<Cow<'_, str>, IgnoredAny>>(body);
    keys.is_ok_and(|keys| keys.is_empty() || keys.contains_key(key))
}

impl<'a> ReceiveReply<'a> {
    /// `None` for what is no answer of SQS: taken for one, it would say that the queue is empty.
    pub fn read(body: &'a [u8]) -> Option<ReceiveReply<'a>> {
        let reply: ReceiveReply<'_> = serde_json::from_slice(body).ok()?;
        let listed = reply.messages.is_some() && !body.trim_ascii_start().starts_with(b"[");
        (listed || lists_nothing(body, "Messages")).then_some(reply)
    }

    pub fn into_received(self, queue_url: &str) -> Received {
        let messages = self.messages.unwrap_or_default().into_iter();
        receive_reply::received(messages.map(|message| message.into_message(queue_url)))
    }
}

impl WireMessage<'_> {
    fn into_message(self, queue_url: &str) -> Option<Message> {
        if !receive_reply::is_intact(&self.body, Text::of(self.md5_of_body.as_ref())) {
            return None;
        }
        let SystemAttributes { sent_timestamp, approximate_receive_count, message_group_id } =
            self.attributes.unwrap_or_default();
        Some(Message {
            id: receive_reply::message_id(&self.message_id, queue_url),
            receipt: Receipt(self.receipt_handle.as_ref().into()),
            sent_at: Text::of(sent_timestamp.as_ref()).and_then(receive_reply::sent_at),
            receive_count: Text::of(approximate_receive_count.as_ref()).and_then(|count| count.parse().ok()),
            group: Text::of(message_group_id.as_ref()).map(Box::from),
            attributes: self.message_attributes.unwrap_or_default().into_iter().map(attribute).collect(),
            body: self.body,
        })
    }
}

fn attribute((name, wire): (String, WireAttribute)) -> MessageAttribute {
    let value = match (wire.string_value, wire.binary_value) {
        (Some(text), _) => AttributeValue::Text(text),
        (None, binary) => AttributeValue::Binary(receive_reply::from_base64(&binary.unwrap_or_default())),
    };
    MessageAttribute { name, data_type: wire.data_type, value }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DeleteRequest<'a> {
    pub queue_url: &'a str,
    pub entries: Vec<Entry<'a>>,
}

/// Ids are places in the request, because message ids may repeat in it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Entry<'a> {
    #[serde(serialize_with = "as_text")]
    pub id: usize,
    pub receipt_handle: &'a str,
}

fn as_text<S: Serializer>(number: &usize, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BatchReply<'a> {
    #[serde(borrow, default)]
    successful: Option<Vec<Done<'a>>>,
    #[serde(borrow, default)]
    failed: Option<Vec<Failed<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Done<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Failed<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(default)]
    sender_fault: bool,
}

impl<'a> BatchReply<'a> {
    /// `None` for what is no answer of SQS.
    pub fn read(body: &'a [u8]) -> Option<BatchReply<'a>> {
        let reply: BatchReply<'_> = serde_json::from_slice(body).ok()?;
        (reply.successful.is_some() || reply.failed.is_some()).then_some(reply)
    }

    pub fn results(&self, entries: usize) -> Vec<EntryResult> {
        let done = self.successful.iter().flatten().map(|done| done.id.as_ref());
        let failed = self.failed.iter().flatten().map(|failed| (failed.id.as_ref(), failed.sender_fault));
        receive_reply::entry_results(entries, done, failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_receive_is_told_from_an_answer_that_is_none() {
        for empty in
            ["{}", " { } ", r#"{"Messages":[]}"#, r#"{"Messages":null}"#, r#"{"Messages":null,"x":1}"#]
        {
            let reply = ReceiveReply::read(empty.as_bytes()).map(|reply| reply.into_received("q"));
            assert_eq!(reply.map(|received| received.messages.len()), Some(0), "{empty}");
        }
        for stranger in
            [r#"{"status":"ok"}"#, "[]", "[[]]", "[null]", "null", "1", "\"ok\"", "", r#"{"messages":[]}"#]
        {
            assert!(ReceiveReply::read(stranger.as_bytes()).is_none(), "{stranger}");
        }
    }

    #[test]
    fn a_batch_is_answered_entry_by_entry_or_not_at_all() {
        assert!(BatchReply::read(br#"{"Successful":[]}"#).is_some());
        assert!(BatchReply::read(br#"{"Failed":[{"Id":"0","SenderFault":true}]}"#).is_some());
        for stranger in ["{}", r#"{"status":"ok"}"#, r#"{"Successful":null}"#] {
            assert!(BatchReply::read(stranger.as_bytes()).is_none(), "{stranger}");
        }
    }
}
