//! Questions about any queue: what its URL is, and what it says of itself.

use std::collections::HashMap;

use super::calls::Caller;
use super::clients::Clients;
use super::speech::Speech;
use crate::aws::{CallError, Meaning};
use crate::failure::Failure;

pub const GET_ATTRIBUTES: &str = "GetQueueAttributes";
pub const GET_URL: &str = "GetQueueUrl";

/// A queue's attributes as SQS names and writes them.
pub type Texts = HashMap<String, String>;

pub struct Lookup<'a> {
    pub caller: &'a Caller,
    pub clients: &'a Clients,
    pub speech: &'a Speech,
}

impl Lookup<'_> {
    /// `account` where it is not the caller's own.
    pub fn url_of(&self, name: &str, account: Option<&str>) -> Result<String, CallError> {
        let ask = || self.speech.ask(self.clients, "", |speaker| speaker.url_of(name, account));
        self.caller.try_call(GET_URL, ask)
    }

    /// `None` where we may not ask.
    pub fn attributes(&self, url: &str) -> Result<Option<Texts>, CallError> {
        let ask = || self.speech.ask(self.clients, url, |speaker| speaker.attributes(url));
        match self.caller.try_call(GET_ATTRIBUTES, ask) {
            Err(CallError::Refused(reply)) if reply.meaning() == Meaning::Denied => Ok(None),
            texts => texts.map(Some),
        }
    }

    /// The same of the drained queue, with the sentence for a failure.
    pub fn own_attributes(&self, url: &str) -> Result<Option<Texts>, Failure> {
        self.attributes(url).map_err(|error| self.caller.explain(&error, GET_ATTRIBUTES, url))
    }
}
