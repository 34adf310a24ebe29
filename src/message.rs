//! What the queue hands out: one message, its id, and the receipt that lets us give it back or delete it.

use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;
use uuid::Uuid;

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

/// One attribute that a producer put beside the body.
#[derive(Clone)]
pub struct MessageAttribute {
    pub name: String,
    pub data_type: String,
    pub value: AttributeValue,
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

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => f.write_str(text),
            None => self.key.fmt(f),
        }
    }
}

/// The receipt handle of one delivery: opaque, and shared by those who extend, release and delete it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt(pub Arc<str>);
