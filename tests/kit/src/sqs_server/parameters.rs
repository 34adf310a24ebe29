//! The parameters of every action, as one shape that both protocols fill.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::message::MessageAttribute;

/// The union of all actions' parameters, named as in the JSON protocol.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Parameters {
    pub queue_url: String,
    pub queue_name: String,
    pub attributes: BTreeMap<String, String>,
    pub attribute_names: Vec<String>,
    pub message_system_attribute_names: Vec<String>,
    pub message_attribute_names: Vec<String>,
    pub max_number_of_messages: Option<u32>,
    pub wait_time_seconds: Option<u32>,
    pub entries: Vec<Entry>,
    // The rest is an `Entry` of a batch of one.
    pub message_body: Option<String>,
    pub delay_seconds: Option<u32>,
    pub receipt_handle: Option<String>,
    pub visibility_timeout: Option<u32>,
    pub message_attributes: BTreeMap<String, MessageAttribute>,
    pub message_group_id: Option<String>,
    pub message_deduplication_id: Option<String>,
}

/// One entry of a batch call of any kind.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Entry {
    pub id: String,
    pub message_body: Option<String>,
    pub delay_seconds: Option<u32>,
    pub receipt_handle: Option<String>,
    pub visibility_timeout: Option<u32>,
    pub message_attributes: BTreeMap<String, MessageAttribute>,
    pub message_group_id: Option<String>,
    pub message_deduplication_id: Option<String>,
}

impl Parameters {
    /// The parameters of a single-message action, as an entry.
    pub fn take_entry(&mut self) -> Entry {
        Entry {
            id: String::new(),
            message_body: self.message_body.take(),
            delay_seconds: self.delay_seconds,
            receipt_handle: self.receipt_handle.take(),
            visibility_timeout: self.visibility_timeout,
            message_attributes: std::mem::take(&mut self.message_attributes),
            message_group_id: self.message_group_id.take(),
            message_deduplication_id: self.message_deduplication_id.take(),
        }
    }

    /// The queue's name: the last piece of its URL, or the name itself.
    pub fn queue(&self) -> &str {
        let url = if self.queue_url.is_empty() { &self.queue_name } else { &self.queue_url };
        url.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
    }

    /// Whether a system attribute was asked for.
    pub fn wants(&self, attribute: &str) -> bool {
        let names = self.attribute_names.iter().chain(&self.message_system_attribute_names);
        names.into_iter().any(|name| name == "All" || name == attribute)
    }

    /// Whether a user's message attribute was asked for (`All`, `.*`, `prefix.*` or its name).
    pub fn wants_message_attribute(&self, attribute: &str) -> bool {
        self.message_attribute_names.iter().any(|name| match name.strip_suffix(".*") {
            Some(prefix) => attribute.starts_with(prefix),
            None => name == "All" || name == attribute,
        })
    }
}
