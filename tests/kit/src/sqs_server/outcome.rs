//! What an action brings, before a protocol spells it.

use super::message::Delivery;

#[derive(Debug)]
pub enum Outcome {
    Nothing,
    QueueUrl(String),
    Attributes(Vec<(String, String)>),
    Sent(Sent),
    Received(Vec<Delivery>),
    Batch { done: Vec<Done>, failed: Vec<Failed> },
}

#[derive(Debug)]
pub struct Sent {
    pub message_id: String,
    pub md5: String,
}

/// A batch entry that was performed; `sent` in a SendMessageBatch.
#[derive(Debug)]
pub struct Done {
    pub id: String,
    pub sent: Option<Sent>,
}

#[derive(Debug)]
pub struct Failed {
    pub id: String,
    pub code: String,
    pub message: String,
    pub sender_fault: bool,
}
