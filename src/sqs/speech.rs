//! The choice of the protocol that a server speaks, made for the whole run by the first answer that is one of SQS.

use std::collections::HashMap;
use std::sync::OnceLock;
use std::time::Duration;

use super::clients::{Clients, Place, Protocol, Speaker};
use super::receive_reply::{EntryResult, Wanted};
use super::{json_protocol as json, query_protocol as query};
use crate::aws::CallError;
use crate::message::Receipt;
use crate::queue::Received;
use query::Envelope;

type Dialect = (Protocol, Place);

/// In the order they are tried. AWS speaks the first.
const DIALECTS: [Dialect; 4] = [
    (Protocol::Json, Place::Root),
    (Protocol::Query, Place::Root),
    (Protocol::Query, Place::QueuePath),
    (Protocol::Json, Place::QueuePath),
];

#[derive(Default)]
pub struct Speech(OnceLock<Dialect>);

impl Speech {
    /// Makes one call for the queue at `queue_url` (empty where only its name is known), in the protocol that the
    /// server has answered before, or else in each until one is answered as SQS answers.
    pub fn ask<T>(
        &self,
        clients: &Clients,
        queue_url: &str,
        action: impl Fn(&Speaker) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let ask = |(protocol, place): Dialect| action(&clients.speaker(protocol, place, queue_url)?);
        if let Some(dialect) = self.0.get() {
            return ask(*dialect).map_err(as_damaged);
        }
        let mut first: Option<CallError> = None;
        let has_path = |dialect: &Dialect| dialect.1 == Place::Root || !queue_url.is_empty();
        for dialect in DIALECTS.into_iter().filter(has_path) {
            match ask(dialect) {
                Err(error) if is_silence(&error) => return Err(first.unwrap_or(error)),
                Err(error) if is_of_a_stranger(&error) => drop(first.get_or_insert(error)),
                answer => {
                    // Of a queue without a URL the place says nothing: some servers answer for it elsewhere.
                    if !queue_url.is_empty() {
                        let _ = self.0.set(dialect);
                    }
                    return answer;
                }
            }
        }
        Err(first.map_or(CallError::Malformed, as_told))
    }
}

/// No answer says nothing of what the server speaks.
fn is_silence(error: &CallError) -> bool {
    match error {
        CallError::NotSent(_) | CallError::Untrusted(_) | CallError::NoReply(_) => true,
        CallError::Barred(_) => true,
        CallError::NoCredentials(_) | CallError::Stopped(..) => true,
        CallError::Malformed | CallError::Refused(_) | CallError::Unfinished | CallError::Stranger(_) => {
            false
        }
    }
}

/// SQS has a code for everything that it refuses, and these are said by servers that do not speak the protocol.
fn is_of_a_stranger(error: &CallError) -> bool {
    match error {
        CallError::Malformed | CallError::Stranger(_) => true,
        CallError::Refused(reply) => {
            let unknown = ["InvalidAction", "MissingAction", "UnknownOperation", "UnknownOperationException"];
            reply.code.is_empty() || unknown.contains(&reply.code.as_str())
        }
        _ => false,
    }
}

/// A refusal without a code is none of SQS's, unless it may pass.
fn as_told(error: CallError) -> CallError {
    match error {
        CallError::Refused(reply) if reply.code.is_empty() && !reply.meaning().is_passing() => {
            CallError::Stranger(reply.status)
        }
        error => error,
    }
}

/// The same from a server that has answered as SQS before is an answer that was spoilt on its way.
fn as_damaged(error: CallError) -> CallError {
    match as_told(error) {
        CallError::Stranger(_) => CallError::Malformed,
        error => error,
    }
}

impl Speaker {
    pub fn url_of(&self, name: &str, account: Option<&str>) -> Result<String, CallError> {
        match self {
            Speaker::Json(client, server) => json::queue_url(client, server, name, account),
            Speaker::Query(client, ..) => query::queue_url(client, name, account),
        }
    }

    pub fn attributes(&self, url: &str) -> Result<HashMap<String, String>, CallError> {
        match self {
            Speaker::Json(client, server) => json::attributes(client, server, url),
            Speaker::Query(client, ..) => query::attributes(client, url),
        }
    }

    /// `make_room` is told how many bytes the reply has before these are read, and may wait.
    pub fn receive(
        &self,
        url: &str,
        wanted: &Wanted,
        make_room: &dyn Fn(usize),
    ) -> Result<Received, CallError> {
        match self {
            Speaker::Json(client, server) => json::receive(client, server, url, wanted, make_room),
            Speaker::Query(_, client, server) => query::receive(client, server, url, wanted, make_room),
        }
    }

    pub fn delete(&self, url: &str, receipt_handles: &[&str]) -> Result<Vec<EntryResult>, CallError> {
        match self {
            Speaker::Json(client, server) => json::delete(client, server, url, receipt_handles),
            Speaker::Query(_, client, server) => query::delete(client, server, url, receipt_handles),
        }
    }

    pub fn change_visibility(
        &self,
        url: &str,
        receipts: &[Receipt],
        time: Duration,
    ) -> Result<Vec<EntryResult>, CallError> {
        match self {
            Speaker::Json(client, server) => json::change_visibility(client, server, url, receipts, time),
            Speaker::Query(client, ..) => query::change_visibility(client, url, receipts, time),
        }
    }

    pub fn send(&self, url: &str, body: &str, envelope: Envelope<'_>) -> Result<(), CallError> {
        match self {
            Speaker::Json(client, server) => json::send(client, server, url, body, envelope),
            Speaker::Query(client, ..) => query::send(client, url, body, envelope),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::ErrorReply;

    fn refused(status: u16, code: &str) -> CallError {
        CallError::Refused(ErrorReply { status, code: code.to_owned(), request_id: None })
    }

    #[test]
    fn only_an_answer_of_sqs_settles_the_protocol() {
        for settled in [refused(403, "AccessDenied"), refused(400, "QueueDoesNotExist"), refused(503, "X")] {
            assert!(!is_of_a_stranger(&settled) && !is_silence(&settled), "{settled:?}");
        }
        for stranger in
            [CallError::Malformed, refused(500, ""), refused(415, ""), refused(400, "InvalidAction")]
        {
            assert!(is_of_a_stranger(&stranger) && !is_silence(&stranger), "{stranger:?}");
        }
        assert!(is_silence(&CallError::NotSent(String::new())));
    }

    #[test]
    fn a_status_that_may_pass_is_no_stranger_for_good() {
        assert_eq!(as_told(refused(302, "")), CallError::Stranger(302));
        assert_eq!(as_told(refused(502, "")), refused(502, ""));
    }

    #[test]
    fn a_server_that_was_sqs_is_no_stranger_for_one_answer_that_is_none() {
        assert_eq!(as_damaged(refused(400, "")), CallError::Malformed);
        assert_eq!(as_damaged(refused(400, "AccessDenied")), refused(400, "AccessDenied"));
    }
}
