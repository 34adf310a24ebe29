//! The reading of Query protocol requests: a form with numbered, dotted names.

use std::collections::{BTreeMap, HashMap};

use super::action::Action;
use super::errors::SqsError;
use super::message::MessageAttribute;
use super::parameters::{Entry, Parameters};

/// The action and parameters of a form; the path names the queue if the form does not.
pub fn read(path: &str, body: &[u8]) -> Result<(Action, Parameters), SqsError> {
    let (route, in_path) = path.split_once('?').unwrap_or((path, ""));
    let form = Form::read(in_path.as_bytes(), body);
    let name = form.text("Action").ok_or_else(|| SqsError::missing("Action"))?;
    let unknown = || SqsError::sender("InvalidAction", format!("The action {name} is not valid."));
    let action = Action::from_name(&name).ok_or_else(unknown)?;
    let mut parameters = parameters(&form, &name)?;
    if parameters.queue_url.is_empty() && route.len() > 1 {
        parameters.queue_url = route.to_string();
    }
    Ok((action, parameters))
}

fn parameters(form: &Form, action: &str) -> Result<Parameters, SqsError> {
    let single = entry(form, "")?;
    let mut entries = Vec::new();
    for number in 1.. {
        let prefix = format!("{action}RequestEntry.{number}.");
        if form.text(&format!("{prefix}Id")).is_none() {
            break;
        }
        entries.push(entry(form, &prefix)?);
    }
    Ok(Parameters {
        queue_url: form.text("QueueUrl").unwrap_or_default(),
        queue_name: form.text("QueueName").unwrap_or_default(),
        attributes: pairs(form),
        attribute_names: form.list("AttributeName."),
        message_system_attribute_names: form.list("MessageSystemAttributeName."),
        message_attribute_names: form.list("MessageAttributeName."),
        max_number_of_messages: form.number("MaxNumberOfMessages")?,
        wait_time_seconds: form.number("WaitTimeSeconds")?,
        entries,
        message_body: single.message_body,
        delay_seconds: single.delay_seconds,
        receipt_handle: single.receipt_handle,
        visibility_timeout: single.visibility_timeout,
        message_attributes: single.message_attributes,
        message_group_id: single.message_group_id,
        message_deduplication_id: single.message_deduplication_id,
    })
}

fn entry(form: &Form, prefix: &str) -> Result<Entry, SqsError> {
    let text = |name: &str| form.text(&format!("{prefix}{name}"));
    let number = |name: &str| form.number(&format!("{prefix}{name}"));
    Ok(Entry {
        id: text("Id").unwrap_or_default(),
        message_body: text("MessageBody"),
        delay_seconds: number("DelaySeconds")?,
        receipt_handle: text("ReceiptHandle"),
        visibility_timeout: number("VisibilityTimeout")?,
        message_attributes: message_attributes(form, prefix),
        message_group_id: text("MessageGroupId"),
        message_deduplication_id: text("MessageDeduplicationId"),
    })
}

/// `Attribute.1.Name=..&Attribute.1.Value=..`
fn pairs(form: &Form) -> BTreeMap<String, String> {
    let numbered = (1..).map_while(|number| {
        let name = form.text(&format!("Attribute.{number}.Name"))?;
        Some((name, form.text(&format!("Attribute.{number}.Value")).unwrap_or_default()))
    });
    numbered.collect()
}

/// `MessageAttribute.1.Name=..&MessageAttribute.1.Value.DataType=..`, and so on.
fn message_attributes(form: &Form, prefix: &str) -> BTreeMap<String, MessageAttribute> {
    let numbered = (1..).map_while(|number| {
        let text = |name: &str| form.text(&format!("{prefix}MessageAttribute.{number}.{name}"));
        let attribute = MessageAttribute {
            data_type: text("Value.DataType").unwrap_or_default(),
            string_value: text("Value.StringValue"),
            binary_value: text("Value.BinaryValue"),
        };
        Some((text("Name")?, attribute))
    });
    numbered.collect()
}

/// Names and values; names that nobody asks for (Version, Signature, ...) are passed over, as AWS does.
struct Form(HashMap<String, String>);

impl Form {
    fn read(in_path: &[u8], body: &[u8]) -> Form {
        let pairs = in_path.split(|byte| *byte == b'&').chain(body.split(|byte| *byte == b'&'));
        Form(pairs.map(read_pair).collect())
    }

    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    fn number(&self, name: &str) -> Result<Option<u32>, SqsError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let wrong = |_| SqsError::parameter(format!("Value {value} for parameter {name} is invalid."));
        value.parse().map(Some).map_err(wrong)
    }

    fn list(&self, prefix: &str) -> Vec<String> {
        (1..).map_while(|number| self.text(&format!("{prefix}{number}"))).collect()
    }
}

fn read_pair(pair: &[u8]) -> (String, String) {
    let mut halves = pair.splitn(2, |byte| *byte == b'=');
    (decode(halves.next().unwrap_or_default()), decode(halves.next().unwrap_or_default()))
}

fn decode(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => decode_hex([rest.next().unwrap_or_default(), rest.next().unwrap_or_default()]),
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn decode_hex(digits: [u8; 2]) -> u8 {
    let text = std::str::from_utf8(&digits).unwrap_or_default();
    u8::from_str_radix(text, 16).unwrap_or(b'?')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_form_reads_as_its_entries() {
        let body = b"Action=DeleteMessageBatch&Version=2012-11-05&QueueUrl=http%3A%2F%2Fh%2F0%2Fq\
            &DeleteMessageBatchRequestEntry.1.Id=a&DeleteMessageBatchRequestEntry.1.ReceiptHandle=x%2By+z%3D\
            &DeleteMessageBatchRequestEntry.2.Id=b&DeleteMessageBatchRequestEntry.2.ReceiptHandle=w";
        let (action, parameters) = read("/", body).unwrap();
        assert_eq!(action, Action::DeleteMessageBatch);
        assert_eq!(parameters.queue(), "q");
        let handles: Vec<_> =
            parameters.entries.iter().map(|entry| entry.receipt_handle.as_deref()).collect();
        assert_eq!(handles, [Some("x+y z="), Some("w")]);
    }

    #[test]
    fn message_attributes_keep_their_names_and_types() {
        let body = b"Action=SendMessage&MessageBody=b&MessageAttribute.1.Name=reason\
            &MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=because";
        let (_, parameters) = read("/000000000000/q", body).unwrap();
        assert_eq!(parameters.queue(), "q");
        assert_eq!(parameters.message_attributes["reason"].string_value.as_deref(), Some("because"));
    }
}
