//! The JSON protocol (application/x-amz-json-1.0), both ways. Replies are assembled by hand for speed.

use super::action::Action;
use super::errors::SqsError;
use super::escape;
use super::message::{Delivery, MessageAttribute, md5_of};
use super::outcome::{Done, Failed, Outcome, Sent};
use super::parameters::Parameters;
use super::receipt;

pub const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// The action and parameters of a request with the given `x-amz-target`.
pub fn read(target: &str, body: &[u8]) -> Result<(Action, Parameters), SqsError> {
    let action = target.strip_prefix("AmazonSQS.").and_then(Action::from_name);
    let action = action.ok_or_else(|| {
        let json_type = "com.amazon.coral.service#UnknownOperationException".to_string();
        SqsError { json_type, ..SqsError::sender("InvalidAction", "unknown action") }
    })?;
    let parameters = serde_json::from_slice(body).map_err(|error| {
        let json_type = "com.amazon.coral.service#SerializationException".to_string();
        SqsError { json_type, ..SqsError::sender("MalformedInput", error.to_string()) }
    })?;
    Ok((action, parameters))
}

pub fn write_error(out: &mut String, error: &SqsError) {
    out.push('{');
    field(out, "__type", &error.json_type);
    out.push(',');
    field(out, "message", &error.message);
    out.push('}');
}

pub fn write(out: &mut String, outcome: &Outcome, asked: &Parameters) {
    out.push('{');
    match outcome {
        Outcome::Nothing => {}
        Outcome::QueueUrl(url) => field(out, "QueueUrl", url),
        Outcome::Sent(sent) => write_sent(out, sent),
        Outcome::Attributes(attributes) => {
            out.push_str("\"Attributes\":{");
            list(out, attributes, |out, (name, value)| field(out, name, value));
            out.push('}');
        }
        Outcome::Received(deliveries) if deliveries.is_empty() => {}
        Outcome::Received(deliveries) => {
            out.push_str("\"Messages\":[");
            list(out, deliveries, |out, delivery| write_delivery(out, delivery, asked));
            out.push(']');
        }
        Outcome::Batch { done, failed } => {
            out.push_str("\"Successful\":[");
            list(out, done, write_done);
            out.push_str("],\"Failed\":[");
            list(out, failed, write_failed);
            out.push(']');
        }
    }
    out.push('}');
}

fn write_delivery(out: &mut String, delivery: &Delivery, asked: &Parameters) {
    let content = &delivery.content;
    out.push_str("{\"MessageId\":\"");
    out.push_str(&content.id);
    out.push_str("\",\"ReceiptHandle\":\"");
    receipt::write(out, delivery.receipt);
    out.push_str("\",\"MD5OfBody\":\"");
    let wrong = delivery.wrong_md5.then(|| md5_of("another body"));
    out.push_str(wrong.as_ref().unwrap_or(&content.md5));
    out.push_str("\",\"Body\":\"");
    out.push_str(&content.json_body);
    out.push('"');
    write_system_attributes(out, delivery, asked);
    write_message_attributes(out, delivery, asked);
    out.push('}');
}

fn write_system_attributes(out: &mut String, delivery: &Delivery, asked: &Parameters) {
    let attributes = delivery.system_attributes(|name| asked.wants(name));
    if attributes.is_empty() {
        return;
    }
    out.push_str(",\"Attributes\":{");
    list(out, &attributes, |out, (name, value)| field(out, name, value));
    out.push('}');
}

fn write_message_attributes(out: &mut String, delivery: &Delivery, asked: &Parameters) {
    let all = delivery.content.attributes.iter();
    let wanted: Vec<_> = all.filter(|(name, _)| asked.wants_message_attribute(name)).collect();
    if wanted.is_empty() {
        return;
    }
    out.push_str(",\"MessageAttributes\":{");
    list(out, &wanted, |out, (name, attribute)| {
        quoted(out, name);
        out.push(':');
        write_attribute(out, attribute);
    });
    out.push('}');
}

fn write_attribute(out: &mut String, attribute: &MessageAttribute) {
    out.push('{');
    field(out, "DataType", &attribute.data_type);
    let values = [("StringValue", &attribute.string_value), ("BinaryValue", &attribute.binary_value)];
    for (name, value) in values {
        if let Some(value) = value {
            out.push(',');
            field(out, name, value);
        }
    }
    out.push('}');
}

fn write_done(out: &mut String, done: &Done) {
    out.push('{');
    field(out, "Id", &done.id);
    if let Some(sent) = &done.sent {
        out.push(',');
        write_sent(out, sent);
    }
    out.push('}');
}

fn write_sent(out: &mut String, sent: &Sent) {
    field(out, "MessageId", &sent.message_id);
    out.push(',');
    field(out, "MD5OfMessageBody", &sent.md5);
}

fn write_failed(out: &mut String, failed: &Failed) {
    out.push('{');
    field(out, "Id", &failed.id);
    // Batch codes lose AWS's long prefix in the JSON protocol.
    out.push(',');
    field(out, "Code", failed.code.rsplit("SimpleQueueService.").next().unwrap_or_default());
    out.push(',');
    field(out, "Message", &failed.message);
    out.push_str(if failed.sender_fault { ",\"SenderFault\":true}" } else { ",\"SenderFault\":false}" });
}

fn field(out: &mut String, name: &str, value: &str) {
    quoted(out, name);
    out.push(':');
    quoted(out, value);
}

fn quoted(out: &mut String, text: &str) {
    out.push('"');
    escape::json(out, text);
    out.push('"');
}

fn list<T>(out: &mut String, items: &[T], mut write: impl FnMut(&mut String, &T)) {
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        write(out, item);
    }
}
