//! What a look into the queue found: the queue's attributes, and messages with their verdicts.

pub mod json;
pub mod text;

use std::time::Duration;

use time::OffsetDateTime;

use crate::mask::Masker;
use crate::message::{Message, MessageId};
use crate::queue::QueueAttributes;
use crate::reject::Rejection;
use crate::verdict::{Verdict, judge};

/// All that one look found.
pub struct Look {
    pub queue_url: String,
    /// `None` where we may not ask.
    pub attributes: Option<QueueAttributes>,
    /// `None` where only the attributes were wanted.
    pub messages: Option<Vec<Seen>>,
}

/// One message as it may be shown.
pub struct Seen {
    pub id: MessageId,
    pub sent_at: Option<OffsetDateTime>,
    pub age: Option<Duration>,
    pub receive_count: Option<u32>,
    pub group: Option<Box<str>>,
    /// Bytes of the body as it was sent.
    pub size: usize,
    /// `None` for a message that would be stored.
    pub rejection: Option<Rejection>,
    /// What may be told of the body.
    pub description: String,
}

impl Seen {
    pub fn new(message: &Message, now: OffsetDateTime) -> Seen {
        // No mask is shown, so any way of masking will do.
        let (rejection, description) = match judge(&message.body, &Masker::Plain, None) {
            Verdict::Login(row) => (None, row.description()),
            Verdict::Reject(reject) => (Some(reject.rejection), reject.description),
        };
        Seen {
            id: message.id.clone(),
            sent_at: message.sent_at,
            age: message.sent_at.map(|sent| Duration::try_from(now - sent).unwrap_or_default()),
            receive_count: message.receive_count,
            group: message.group.clone(),
            size: message.body.len(),
            rejection,
            description,
        }
    }
}
