//! What the queue hands out: one message, its id, and the receipt that lets us give it back or delete it.

use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;
use uuid::Uuid;

use crate::printable::printable;

/// One delivery of one message. `Debug` is left out on purpose: bodies hold personal data.
pub struct Message {
    pub id: MessageId,
    pub receipt: Receipt,
    /// The text as it was sent, at most 1 MiB.
    pub body: String,
    /// When the producer sent it; `None` where the server does not tell.
    pub sent_at: Option<OffsetDateTime>,
    /// How often it has been received, this time included; `None` where the server does not tell.
    pub receive_count: Option<u32>,
    /// The group of a message in a FIFO queue.
    pub group: Option<Box<str>>,
    /// The producer's own attributes, kept only when messages may be sent on to a dead-letter queue.
    pub attributes: Vec<MessageAttribute>,
}

impl Message {
    /// Bytes that its body and its attributes take in memory.
    pub fn bytes(&self) -> usize {
        self.body.len() + self.attributes.iter().map(MessageAttribute::bytes).sum::<usize>()
    }
}

/// One attribute that a producer put beside the body.
#[derive(Clone)]
pub struct MessageAttribute {
    pub name: String,
    pub data_type: String,
    pub value: AttributeValue,
}

impl MessageAttribute {
    pub fn bytes(&self) -> usize {
        self.name.len()
            + self.data_type.len()
            + match &self.value {
                AttributeValue::Text(text) => text.len(),
                AttributeValue::Binary(bytes) => bytes.len(),
            }
    }
}

#[derive(Clone)]
pub enum AttributeValue {
    Text(String),
    Binary(Vec<u8>),
}

/// The identity of a message, the same at every redelivery.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId {
    /// The key in the ledger: the message id itself, or 16 bytes derived from one that is no UUID.
    pub key: Uuid,
    /// The id as the server wrote it, kept only where it is no UUID.
    pub text: Option<Box<str>>,
}

impl MessageId {
    pub fn from_uuid(key: Uuid) -> MessageId {
        MessageId { key, text: None }
    }
}

/// SQS's own ids have 36 characters, and its limit is 100.
const LONGEST_SHOWN: usize = 100;

/// As it may be printed: a server that is none of Amazon's may send any text as an id.
impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => match text.char_indices().nth(LONGEST_SHOWN) {
                Some((end, _)) => write!(f, "{}…", printable(text.get(..end).unwrap_or_default())),
                None => f.write_str(&printable(text)),
            },
            None => self.key.fmt(f),
        }
    }
}

/// The receipt handle of one delivery: opaque, and shared by those who extend, release and delete it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt(pub Arc<str>);

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        MessageId { key: Uuid::nil(), text: Some(text.into()) }.to_string()
    }

    #[test]
    fn an_id_is_printed_without_what_could_steer_a_terminal_and_not_at_any_length() {
        assert_eq!(shown("id-7"), "id-7");
        assert_eq!(shown("\x1b[2Jid\u{202e}"), "\\u{1b}[2Jid\\u{202e}");
        assert_eq!(shown(&"é".repeat(101)), "é".repeat(100) + "…");
        assert_eq!(MessageId::from_uuid(Uuid::nil()).to_string(), "00000000-0000-0000-0000-000000000000");
    }
}
