//! What both protocols have in common: what to ask of a receive, and how its parts are read.

use std::time::Duration;

use md5::{Digest, Md5};
use ring::digest;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::message::{Message, MessageId};
use crate::queue::Received;

/// What receives ask for besides bodies.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asking {
    /// `None` leaves it to the queue.
    pub visibility_timeout: Option<Duration>,
    /// The group of each message, which a FIFO queue blocks while the message stays.
    pub group: bool,
    /// How often each message was received, where a redrive policy counts.
    pub receive_count: bool,
    /// The producer's own attributes, which a dead-letter queue must get.
    pub message_attributes: bool,
}

impl Asking {
    /// The time of sending is always asked for: the ledger keeps it.
    pub fn wanted(&self, most: usize, wait: Duration) -> Wanted {
        Wanted {
            most,
            wait,
            visibility_timeout: self.visibility_timeout,
            system_attributes: match (self.group, self.receive_count) {
                (false, false) => &["SentTimestamp"],
                (true, false) => &["SentTimestamp", "MessageGroupId"],
                (false, true) => &["SentTimestamp", "ApproximateReceiveCount"],
                (true, true) => &["SentTimestamp", "ApproximateReceiveCount", "MessageGroupId"],
            },
            message_attributes: if self.message_attributes { &["All"] } else { &[] },
        }
    }
}

/// What one receive asks for.
pub struct Wanted {
    pub most: usize,
    pub wait: Duration,
    /// `None` leaves it to the queue.
    pub visibility_timeout: Option<Duration>,
    pub system_attributes: &'static [&'static str],
    pub message_attributes: &'static [&'static str],
}

/// What one reply holds. `None` stands for a message that is not whole, or was changed on its way: it is left out, and
/// stays hidden for a while.
pub fn received(messages: impl Iterator<Item = Option<Message>>) -> Received {
    let mut received = Received::default();
    for message in messages {
        match message {
            Some(message) => received.messages.push(message),
            None => received.lost = 1,
        }
    }
    received
}

/// What the server says of one entry of a batch call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryResult {
    Done,
    /// Trying again cannot help: the receipt handle is stale, most of the time.
    OurFault,
    /// Trying again may help; entries that the reply forgot are counted here.
    ServersFault,
}

/// Only an id that the server lists as done is done.
pub fn entry_results<'a>(
    entries: usize,
    done: impl Iterator<Item = &'a str>,
    failed: impl Iterator<Item = (&'a str, bool)>,
) -> Vec<EntryResult> {
    let mut results = vec![EntryResult::ServersFault; entries];
    let mut set = |id: &str, result| {
        if let Some(slot) = id.parse().ok().and_then(|place: usize| results.get_mut(place)) {
            *slot = result;
        }
    };
    done.for_each(|id| set(id, EntryResult::Done));
    failed
        .for_each(|(id, ours)| set(id, if ours { EntryResult::OurFault } else { EntryResult::ServersFault }));
    results
}

/// SQS ids are UUIDs. Those of other servers get a key made of the queue and the id, of the same size.
pub fn message_id(text: &str, queue_url: &str) -> MessageId {
    if let Ok(key) = Uuid::try_parse(text) {
        return MessageId::from_uuid(key);
    }
    let hash = digest::digest(&digest::SHA256, format!("{queue_url}\n{text}").as_bytes());
    let mut key = [0; 16];
    key.iter_mut().zip(hash.as_ref()).for_each(|(to, from)| *to = *from);
    MessageId { key: Uuid::from_bytes(key), text: Some(text.into()) }
}

/// A body that was changed on its way must be neither stored nor deleted.
pub fn is_intact(body: &str, md5_of_body: Option<&str>) -> bool {
    md5_of_body.is_none_or(|expected| {
        let mut hex = [0; 32];
        hex::encode_to_slice(Md5::digest(body.as_bytes()), &mut hex).is_ok() && expected.as_bytes() == hex
    })
}

/// Milliseconds since 1970, as text.
pub fn sent_at(milliseconds: &str) -> Option<OffsetDateTime> {
    let milliseconds: i128 = milliseconds.parse().ok()?;
    OffsetDateTime::from_unix_timestamp_nanos(milliseconds * 1_000_000).ok()
}

pub fn to_base64(bytes: &[u8]) -> String {
    openssl::base64::encode_block(bytes)
}

/// Binary attributes travel as base64. What is none becomes empty: the body is what counts.
pub fn from_base64(text: &str) -> Vec<u8> {
    openssl::base64::decode_block(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_is_no_uuid_gets_a_key_of_its_own() {
        let uuid = message_id("4d2f3a52-0f2b-4f0c-8f0a-7c1c0f7a9b10", "q");
        assert_eq!(uuid.to_string(), "4d2f3a52-0f2b-4f0c-8f0a-7c1c0f7a9b10");
        let other = message_id("message-1", "q");
        assert_eq!(other.to_string(), "message-1");
        assert_eq!(other, message_id("message-1", "q"));
        assert_ne!(other.key, message_id("message-1", "r").key);
    }

    #[test]
    fn a_body_must_match_its_checksum_if_there_is_one() {
        assert!(is_intact("abc", Some("900150983cd24fb0d6963f7d28e17f72")));
        assert!(!is_intact("abd", Some("900150983cd24fb0d6963f7d28e17f72")));
        assert!(is_intact("abc", None));
    }

    #[test]
    fn only_listed_entries_are_done() {
        use EntryResult::{Done, OurFault, ServersFault};
        let results = entry_results(4, ["0", "9", "x"].into_iter(), [("1", true), ("2", false)].into_iter());
        assert_eq!(results, [Done, OurFault, ServersFault, ServersFault]);
    }

    #[test]
    fn times_are_read_and_nonsense_is_none() {
        assert_eq!(sent_at("1523232000000").map(|time| time.unix_timestamp()), Some(1_523_232_000));
        for text in ["", "soon", "99999999999999999999999999"] {
            assert_eq!(sent_at(text), None, "{text}");
        }
    }
}
