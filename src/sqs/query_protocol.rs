//! The calls in the Query protocol, for servers that do not speak JSON.

mod rare_calls;
mod xml_reply;

use std::mem::take;

use form_urlencoded::Serializer;

use super::dispatcher::Dispatcher;
use super::receive_reply::{self, EntryResult, Wanted};
use super::server::{Form, Server};
use super::whole_xml::root_of_whole_xml;
use crate::aws::CallError;
use crate::message::{AttributeValue, Message, MessageAttribute, Receipt};
use crate::queue::Received;
pub use rare_calls::{Envelope, attributes, change_visibility, queue_url, send};

const VERSION: &str = "2012-11-05";

/// `make_room` is told how many bytes the reply has before these are read, and may wait.
pub fn receive(
    client: &Dispatcher,
    server: &Server,
    queue_url: &str,
    wanted: &Wanted,
    make_room: &dyn Fn(usize),
) -> Result<Received, CallError> {
    let mut form = begin("ReceiveMessage", queue_url);
    form.append_pair("MaxNumberOfMessages", &wanted.most.to_string());
    form.append_pair("WaitTimeSeconds", &wanted.wait.as_secs().to_string());
    if let Some(time) = wanted.visibility_timeout {
        form.append_pair("VisibilityTimeout", &time.as_secs().to_string());
    }
    for (list, names) in
        [("AttributeName", wanted.system_attributes), ("MessageAttributeName", wanted.message_attributes)]
    {
        for (name, place) in names.iter().zip(1..) {
            form.append_pair(&format!("{list}.{place}"), name);
        }
    }
    read_messages(&call(client, server, form, make_room)?, queue_url)
}

fn read_messages(xml: &[u8], queue_url: &str) -> Result<Received, CallError> {
    let mut parts = MessageParts::default();
    let mut messages = Vec::new();
    xml_reply::read(xml, "ReceiveMessageResponse", |path, text| {
        match path.strip_prefix("ReceiveMessageResult/Message") {
            Some("") => messages.push(take(&mut parts).into_message(queue_url)),
            Some(part) => parts.set(part, text),
            None => {}
        }
    })?;
    let messages = messages.into_iter().collect::<Result<Vec<Option<Message>>, CallError>>()?;
    Ok(receive_reply::received(messages.into_iter()))
}

/// For each receipt handle whether the server says that its message is gone, or what it says instead.
pub fn delete(
    client: &Dispatcher,
    server: &Server,
    queue_url: &str,
    receipt_handles: &[&str],
) -> Result<Vec<EntryResult>, CallError> {
    let mut form = begin("DeleteMessageBatch", queue_url);
    for (place, handle) in receipt_handles.iter().enumerate() {
        let entry = format!("DeleteMessageBatchRequestEntry.{}", place + 1);
        form.append_pair(&format!("{entry}.Id"), &place.to_string());
        form.append_pair(&format!("{entry}.ReceiptHandle"), handle);
    }
    read_results(&call(client, server, form, &|_| ())?, receipt_handles.len())
}

fn read_results(xml: &[u8], entries: usize) -> Result<Vec<EntryResult>, CallError> {
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    let (mut id, mut sender_fault) = (String::new(), false);
    xml_reply::read(xml, "DeleteMessageBatchResponse", |path, text| {
        match path.strip_prefix("DeleteMessageBatchResult/").unwrap_or_default() {
            "DeleteMessageBatchResultEntry/Id" | "BatchResultErrorEntry/Id" => id = take(text),
            "BatchResultErrorEntry/SenderFault" => sender_fault = text == "true",
            "DeleteMessageBatchResultEntry" => done.push(take(&mut id)),
            "BatchResultErrorEntry" => failed.push((take(&mut id), take(&mut sender_fault))),
            _ => {}
        }
    })?;
    let done = done.iter().map(String::as_str);
    let failed = failed.iter().map(|(id, sender_fault)| (id.as_str(), *sender_fault));
    Ok(receive_reply::entry_results(entries, done, failed))
}

fn begin(action: &str, queue_url: &str) -> Serializer<'static, String> {
    let mut form = Serializer::new(String::new());
    form.append_pair("Action", action).append_pair("Version", VERSION).append_pair("QueueUrl", queue_url);
    form
}

fn call(
    client: &Dispatcher,
    server: &Server,
    mut form: Serializer<'_, String>,
    make_room: &dyn Fn(usize),
) -> Result<Vec<u8>, CallError> {
    let reply = client.post(server, Form::Query, form.finish().as_bytes(), make_room)?;
    if reply.status.is_success() {
        return Ok(reply.body);
    }
    // A server that speaks XML refuses in XML: codes in other forms are somebody else's.
    Err(reply.refusal(root_of_whole_xml(&reply.body).is_some()))
}

/// What a reply has told of one message.
#[derive(Default)]
struct MessageParts {
    id: String,
    receipt_handle: String,
    body: String,
    md5_of_body: Option<String>,
    /// Of the attribute that is being read.
    name: String,
    value: String,
    data_type: String,
    system: SystemAttributes,
    attributes: Vec<MessageAttribute>,
}

#[derive(Default)]
struct SystemAttributes {
    sent_timestamp: String,
    receive_count: String,
    group: Option<Box<str>>,
}

impl MessageParts {
    /// `part` is the path below the message.
    fn set(&mut self, part: &str, text: &mut String) {
        match part {
            "/MessageId" => self.id = take(text),
            "/ReceiptHandle" => self.receipt_handle = take(text),
            "/Body" => self.body = take(text),
            "/MD5OfBody" => self.md5_of_body = Some(take(text)),
            "/Attribute/Name" | "/MessageAttribute/Name" => self.name = take(text),
            "/Attribute/Value" => self.value = take(text),
            // Some servers name both, and leave one empty.
            "/MessageAttribute/Value/StringValue" | "/MessageAttribute/Value/BinaryValue"
                if !text.is_empty() =>
            {
                self.value = take(text);
            }
            "/MessageAttribute/Value/DataType" => self.data_type = take(text),
            "/Attribute" => self.end_system_attribute(),
            "/MessageAttribute" => self.end_attribute(),
            _ => {}
        }
    }

    fn end_system_attribute(&mut self) {
        let value = take(&mut self.value);
        match self.name.as_str() {
            "SentTimestamp" => self.system.sent_timestamp = value,
            "ApproximateReceiveCount" => self.system.receive_count = value,
            "MessageGroupId" => self.system.group = Some(value.into()),
            _ => {}
        }
    }

    fn end_attribute(&mut self) {
        let (name, data_type, value) =
            (take(&mut self.name), take(&mut self.data_type), take(&mut self.value));
        let value = match data_type.starts_with("Binary") {
            true => AttributeValue::Binary(receive_reply::from_base64(&value)),
            false => AttributeValue::Text(value),
        };
        self.attributes.push(MessageAttribute { name, data_type, value });
    }

    /// `Ok(None)` for a body that does not match its checksum: the message comes back.
    fn into_message(self, queue_url: &str) -> Result<Option<Message>, CallError> {
        if self.id.is_empty() || self.receipt_handle.is_empty() {
            return Err(CallError::Malformed);
        }
        if !receive_reply::is_intact(&self.body, self.md5_of_body.as_deref()) {
            return Ok(None);
        }
        Ok(Some(Message {
            id: receive_reply::message_id(&self.id, queue_url),
            receipt: Receipt(self.receipt_handle.into()),
            body: self.body,
            sent_at: receive_reply::sent_at(&self.system.sent_timestamp),
            receive_count: self.system.receive_count.parse().ok(),
            group: self.system.group,
            attributes: self.attributes,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "<Message><MessageId>id-1</MessageId><ReceiptHandle>a b</ReceiptHandle>\
        <MD5OfBody>eee0c61871f110aae6e3d5f0f2e16e10</MD5OfBody><Body> {&quot;a&quot;:\r\n1}\n</Body>\
        <Attribute><Name>SentTimestamp</Name><Value>1523232000000</Value></Attribute>\
        <Attribute><Value>4</Value><Name>ApproximateReceiveCount</Name></Attribute>\
        <Attribute><Name>MessageGroupId</Name><Value>g</Value></Attribute>\
        <MessageAttribute><Name>trace</Name><Value><StringValue/><BinaryValue>AAEC</BinaryValue>\
        <DataType>Binary.raw</DataType></Value></MessageAttribute>\
        <MessageAttribute><Name>kind</Name><Value><StringValue> x </StringValue><DataType>String</DataType></Value>\
        </MessageAttribute></Message>";

    fn reply(messages: &str) -> Result<Received, CallError> {
        let xml = format!(
            "<ReceiveMessageResponse><ReceiveMessageResult>{messages}</ReceiveMessageResult></ReceiveMessageResponse>"
        );
        read_messages(xml.as_bytes(), "queue")
    }

    #[test]
    fn a_message_is_read_as_it_was_sent() {
        let received = reply(&MESSAGE.repeat(2)).unwrap();
        assert_eq!((received.messages.len(), received.lost), (2, 0));
        let message = &received.messages[1];
        assert_eq!(message.body, " {\"a\":\r\n1}\n");
        assert_eq!((message.id.to_string().as_str(), &*message.receipt.0), ("id-1", "a b"));
        assert_eq!(message.sent_at.map(|time| time.unix_timestamp()), Some(1_523_232_000));
        assert_eq!((message.receive_count, message.group.as_deref()), (Some(4), Some("g")));
        let [binary, text] = &message.attributes[..] else { panic!("two attributes") };
        assert_eq!((binary.name.as_str(), binary.data_type.as_str()), ("trace", "Binary.raw"));
        assert!(matches!(&binary.value, AttributeValue::Binary(bytes) if bytes == &[0, 1, 2]));
        assert!(matches!(&text.value, AttributeValue::Text(text) if text == " x "));
    }

    #[test]
    fn a_body_that_was_changed_on_its_way_is_left_out_and_the_others_come() {
        let received = reply(&(MESSAGE.to_owned() + &MESSAGE.replace("{&quot;", "["))).unwrap();
        assert_eq!((received.messages.len(), received.lost), (1, 1));
        assert_eq!(reply("").map(|received| received.messages.len()), Ok(0));
        assert_eq!(reply("<Message><Body/></Message>").err(), Some(CallError::Malformed));
    }

    #[test]
    fn each_entry_of_a_delete_is_told() {
        use EntryResult::{Done, OurFault, ServersFault};
        let xml = "<DeleteMessageBatchResponse><DeleteMessageBatchResult>\
            <DeleteMessageBatchResultEntry><Id>2</Id></DeleteMessageBatchResultEntry>\
            <BatchResultErrorEntry><Id>0</Id><Code>x</Code><SenderFault>true</SenderFault></BatchResultErrorEntry>\
            <BatchResultErrorEntry><Id>1</Id><SenderFault>false</SenderFault></BatchResultErrorEntry>\
            </DeleteMessageBatchResult></DeleteMessageBatchResponse>";
        assert_eq!(read_results(xml.as_bytes(), 4), Ok(vec![OurFault, ServersFault, Done, ServersFault]));
        assert_eq!(read_results(b"<html/>", 4), Err(CallError::Malformed));
    }
}
