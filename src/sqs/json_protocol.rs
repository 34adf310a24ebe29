//! The calls in the JSON protocol, which costs less processor time than XML.

mod exchange;
mod rare_calls;
mod wire;

use super::dispatcher::Dispatcher;
use super::receive_reply::{EntryResult, Wanted};
use super::server::Server;
use crate::aws::CallError;
use crate::queue::Received;
use exchange::{RECEIVE, call, call_with};
pub use rare_calls::{attributes, change_visibility, queue_url, send};
use wire::{BatchReply, DeleteRequest, Entry, ReceiveReply, ReceiveRequest};

pub fn receive(
    client: &Dispatcher,
    server: &Server,
    queue_url: &str,
    wanted: &Wanted,
    make_room: &dyn Fn(usize),
) -> Result<Received, CallError> {
    let request = ReceiveRequest::new(queue_url, wanted);
    let body = call_with(client, server, RECEIVE, &request, make_room)?;
    let reply = ReceiveReply::read(&body).ok_or(CallError::Malformed)?;
    Ok(reply.into_received(queue_url))
}

/// For each receipt handle whether the server says that its message is gone, or what it says instead.
pub fn delete(
    client: &Dispatcher,
    server: &Server,
    queue_url: &str,
    receipt_handles: &[&str],
) -> Result<Vec<EntryResult>, CallError> {
    let entries = receipt_handles.iter().enumerate().map(|(id, receipt_handle)| Entry { id, receipt_handle });
    let request = DeleteRequest { queue_url, entries: entries.collect() };
    let body = call(client, server, "DeleteMessageBatch", &request)?;
    let reply = BatchReply::read(&body).ok_or(CallError::Malformed)?;
    Ok(reply.results(receipt_handles.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_reply_is_read_or_refused(bytes: Vec<u8>, text in r#"(\{|\}|\[|\]|,|:|"Messages"|"Successful"|"Id"|null|1){0,12}"#) {
            for bytes in [bytes.as_slice(), text.as_bytes()] {
                let _ = ReceiveReply::read(bytes).map(|reply| reply.into_received("queue"));
                let _ = BatchReply::read(bytes).map(|reply| reply.results(10));
            }
        }
    }
}
