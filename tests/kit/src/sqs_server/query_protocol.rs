//! The replies and errors of the Query protocol: XML as AWS gives it.

use super::action::Action;
use super::errors::SqsError;
use super::escape;
use super::message::{Delivery, md5_of};
use super::outcome::{Done, Failed, Outcome, Sent};
use super::parameters::Parameters;
use super::receipt;

pub const CONTENT_TYPE: &str = "text/xml";
const NAMESPACE: &str = "http://queue.amazonaws.com/doc/2012-11-05/";

pub fn write_error(out: &mut String, error: &SqsError, request_id: &str) {
    out.push_str("<?xml version=\"1.0\"?><ErrorResponse xmlns=\"");
    out.push_str(NAMESPACE);
    out.push_str("\"><Error>");
    element(out, "Type", error.fault());
    element(out, "Code", &error.query_code);
    element(out, "Message", &error.message);
    out.push_str("<Detail/></Error>");
    element(out, "RequestId", request_id);
    out.push_str("</ErrorResponse>");
}

pub fn write(out: &mut String, action: Action, outcome: &Outcome, asked: &Parameters, request_id: &str) {
    let name = action.name();
    out.push_str("<?xml version=\"1.0\"?>");
    for piece in ["<", name, "Response xmlns=\"", NAMESPACE, "\">"] {
        out.push_str(piece);
    }
    if !matches!(outcome, Outcome::Nothing) {
        for piece in ["<", name, "Result>"] {
            out.push_str(piece);
        }
        write_outcome(out, action, outcome, asked);
        for piece in ["</", name, "Result>"] {
            out.push_str(piece);
        }
    }
    out.push_str("<ResponseMetadata>");
    element(out, "RequestId", request_id);
    out.push_str("</ResponseMetadata></");
    out.push_str(name);
    out.push_str("Response>");
}

fn write_outcome(out: &mut String, action: Action, outcome: &Outcome, asked: &Parameters) {
    match outcome {
        Outcome::Nothing => {}
        Outcome::QueueUrl(url) => element(out, "QueueUrl", url),
        Outcome::Sent(sent) => write_sent(out, sent),
        Outcome::Attributes(attributes) => {
            attributes.iter().for_each(|(name, value)| write_pair(out, name, value));
        }
        Outcome::Received(deliveries) => {
            deliveries.iter().for_each(|delivery| write_delivery(out, delivery, asked));
        }
        Outcome::Batch { done, failed } => {
            done.iter().for_each(|done| write_done(out, action, done));
            failed.iter().for_each(|failed| write_failed(out, failed));
        }
    }
}

fn write_delivery(out: &mut String, delivery: &Delivery, asked: &Parameters) {
    out.push_str("<Message>");
    element(out, "MessageId", &delivery.content.id);
    out.push_str("<ReceiptHandle>");
    receipt::write(out, delivery.receipt);
    out.push_str("</ReceiptHandle>");
    let wrong = delivery.wrong_md5.then(|| md5_of("another body"));
    element(out, "MD5OfBody", wrong.as_ref().unwrap_or(&delivery.content.md5));
    element(out, "Body", &delivery.content.body);
    for (name, value) in delivery.system_attributes(|name| asked.wants(name)) {
        write_pair(out, name, &value);
    }
    for (name, attribute) in &delivery.content.attributes {
        if !asked.wants_message_attribute(name) {
            continue;
        }
        out.push_str("<MessageAttribute>");
        element(out, "Name", name);
        out.push_str("<Value>");
        let values = [("StringValue", &attribute.string_value), ("BinaryValue", &attribute.binary_value)];
        for (name, value) in values {
            value.iter().for_each(|value| element(out, name, value));
        }
        element(out, "DataType", &attribute.data_type);
        out.push_str("</Value></MessageAttribute>");
    }
    out.push_str("</Message>");
}

fn write_done(out: &mut String, action: Action, done: &Done) {
    // DeleteMessageBatchResultEntry and the like.
    for piece in ["<", action.name(), "ResultEntry>"] {
        out.push_str(piece);
    }
    element(out, "Id", &done.id);
    done.sent.iter().for_each(|sent| write_sent(out, sent));
    for piece in ["</", action.name(), "ResultEntry>"] {
        out.push_str(piece);
    }
}

fn write_failed(out: &mut String, failed: &Failed) {
    out.push_str("<BatchResultErrorEntry>");
    element(out, "Id", &failed.id);
    element(out, "Code", &failed.code);
    element(out, "Message", &failed.message);
    element(out, "SenderFault", if failed.sender_fault { "true" } else { "false" });
    out.push_str("</BatchResultErrorEntry>");
}

fn write_sent(out: &mut String, sent: &Sent) {
    element(out, "MessageId", &sent.message_id);
    element(out, "MD5OfMessageBody", &sent.md5);
}

fn write_pair(out: &mut String, name: &str, value: &str) {
    out.push_str("<Attribute>");
    element(out, "Name", name);
    element(out, "Value", value);
    out.push_str("</Attribute>");
}

fn element(out: &mut String, name: &str, text: &str) {
    for piece in ["<", name, ">"] {
        out.push_str(piece);
    }
    escape::xml(out, text);
    for piece in ["</", name, ">"] {
        out.push_str(piece);
    }
}
