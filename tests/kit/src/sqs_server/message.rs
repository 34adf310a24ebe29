//! What a message is: its unchanging content, and one delivery of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use md5::{Digest, Md5};
use serde::Deserialize;

use super::escape;

/// One message as it was sent. Shared by its deliveries, so a receive copies no text.
#[derive(Debug)]
pub struct Content {
    /// UUID as text.
    pub id: String,
    pub body: String,
    /// The body, escaped for use between JSON quotes.
    pub json_body: String,
    /// Lower-case hex.
    pub md5: String,
    /// Milliseconds since 1970.
    pub sent_at: u64,
    pub group: Option<String>,
    pub attributes: BTreeMap<String, MessageAttribute>,
}

/// A user's message attribute; a binary value stays in base64.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct MessageAttribute {
    pub data_type: String,
    pub string_value: Option<String>,
    pub binary_value: Option<String>,
}

impl Content {
    pub fn new(id: String, body: String) -> Content {
        let mut json_body = String::with_capacity(body.len() + 32);
        escape::json(&mut json_body, &body);
        let md5 = md5_of(&body);
        Content { id, body, json_body, md5, sent_at: now(), group: None, attributes: BTreeMap::new() }
    }
}

/// Names one delivery: a new receive of the same message gets a new number and makes the old one stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    pub slot: u32,
    pub number: u64,
}

#[derive(Debug, Clone)]
pub struct Delivery {
    pub content: Arc<Content>,
    pub receipt: Receipt,
    pub receive_count: u32,
    /// Milliseconds since 1970.
    pub first_received_at: u64,
    /// A fault: announce a checksum that does not fit the body.
    pub wrong_md5: bool,
}

impl Delivery {
    /// The system attributes that are wanted, by name.
    pub fn system_attributes(&self, wants: impl Fn(&str) -> bool) -> Vec<(&'static str, String)> {
        let mut wanted = Vec::new();
        let mut add = |name, value: &dyn Fn() -> String| {
            if wants(name) {
                wanted.push((name, value()));
            }
        };
        add("SenderId", &|| "AIDAIT2UOQQY3AUEKVGXU".to_string());
        add("SentTimestamp", &|| self.content.sent_at.to_string());
        add("ApproximateReceiveCount", &|| self.receive_count.to_string());
        add("ApproximateFirstReceiveTimestamp", &|| self.first_received_at.to_string());
        if let Some(group) = &self.content.group {
            add("MessageGroupId", &|| group.clone());
        }
        wanted
    }
}

pub fn md5_of(text: &str) -> String {
    format!("{:x}", Md5::digest(text.as_bytes()))
}

/// Milliseconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_millis() as u64)
}
