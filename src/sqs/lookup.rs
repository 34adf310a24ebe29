//! Questions about any queue: what its URL is, and what it says of itself.

use std::collections::HashMap;

use rusoto_sqs::SqsClient;

use super::calls::Caller;
use super::query_protocol as query;
use crate::aws::{CallError, Meaning};
use crate::failure::Failure;

pub const GET_ATTRIBUTES: &str = "GetQueueAttributes";
pub const GET_URL: &str = "GetQueueUrl";

/// A queue's attributes as SQS names and writes them.
pub type Texts = HashMap<String, String>;

pub struct Lookup<'a> {
    pub caller: &'a Caller,
    pub client: &'a SqsClient,
}

impl Lookup<'_> {
    /// `account` where it is not the caller's own.
    pub fn url_of(&self, name: &str, account: Option<&str>) -> Result<String, CallError> {
        self.caller.try_call(GET_URL, || query::queue_url(self.client, name, account))
    }

    /// `None` where we may not ask.
    pub fn attributes(&self, url: &str) -> Result<Option<Texts>, CallError> {
        match self.caller.try_call(GET_ATTRIBUTES, || query::attributes(self.client, url)) {
            Err(CallError::Refused(reply)) if reply.meaning() == Meaning::Denied => Ok(None),
            texts => texts.map(Some),
        }
    }

    /// The same of the drained queue, with the sentence for a failure.
    pub fn own_attributes(&self, url: &str) -> Result<Option<Texts>, Failure> {
        self.attributes(url).map_err(|error| self.caller.explain(&error, GET_ATTRIBUTES, url))
    }
}
