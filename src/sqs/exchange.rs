//! The exchange of one signed request for one whole reply, over a blocking HTTP client.

use std::io::Read;
use std::sync::Arc;

use rusoto_core::signature::{SignedRequest, SignedRequestPayload};
use time::OffsetDateTime;
use ureq::{Agent, Body};

use crate::aws::{CallError, Clock};

/// Ten messages of 1 MiB, each byte of them escaped, and room to spare.
const LARGEST_REPLY: u64 = 96 * 1024 * 1024;

/// A reply that does not tell its length is read in parts, each of which makes room for as much again.
const FIRST_PART: usize = 64 * 1024;

#[derive(Clone)]
pub struct Exchange {
    agent: Agent,
    clock: Arc<Clock>,
}

/// The head of a reply. Other headers are of no use, and any of them may hold bytes that are no text.
pub struct Head {
    pub status: u16,
    pub request_id: Option<String>,
}

impl Head {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Exchange {
    pub fn new(agent: Agent, clock: Arc<Clock>) -> Exchange {
        Exchange { agent, clock }
    }

    /// `make_room` is told how many bytes the reply has before these are read, and may wait.
    pub fn send(
        &self,
        request: &SignedRequest,
        make_room: &dyn Fn(usize),
    ) -> Result<(Head, Vec<u8>), CallError> {
        let reply = self.agent.run(to_http(request)?).map_err(|error| CallError::from(&error))?;
        let (head, body) = reply.into_parts();
        let text =
            |name: &str| Some(String::from_utf8_lossy(head.headers.get(name)?.as_bytes()).into_owned());
        if let Some(date) = text("date") {
            self.clock.note(&date, OffsetDateTime::now_utc());
        }
        let request_id = text("x-amzn-requestid");
        Ok((Head { status: head.status.as_u16(), request_id }, read_whole(body, make_room)?))
    }
}

fn to_http(request: &SignedRequest) -> Result<ureq::http::Request<&[u8]>, CallError> {
    let url = format!("{}://{}{}", request.scheme(), request.hostname(), request.canonical_path());
    let mut builder = ureq::http::Request::builder().method(request.method.as_str()).uri(url);
    for (name, values) in &request.headers {
        // The client sets these two itself, from the URL and the body.
        if name == "host" || name == "content-length" {
            continue;
        }
        for value in values {
            builder = builder.header(name.as_str(), value.as_slice());
        }
    }
    let body: &[u8] = match &request.payload {
        Some(SignedRequestPayload::Buffer(bytes)) => bytes,
        _ => &[],
    };
    builder.body(body).map_err(|_| CallError::NotSent("the endpoint is no usable URL".to_owned()))
}

/// Into one piece of memory that is neither too large nor moved while it fills, where the length is told.
fn read_whole(body: Body, make_room: &dyn Fn(usize)) -> Result<Vec<u8>, CallError> {
    let told = body.content_length().and_then(|length| usize::try_from(length).ok());
    let mut reader = body.into_with_config().limit(LARGEST_REPLY).reader();
    let failed = |error: std::io::Error| CallError::from(&ureq::Error::from(error));
    if let Some(length) = told.filter(|length| *length as u64 <= LARGEST_REPLY) {
        make_room(length);
        let mut bytes = Vec::with_capacity(length);
        reader.read_to_end(&mut bytes).map_err(failed)?;
        return Ok(bytes);
    }
    let mut bytes = Vec::new();
    loop {
        let part = FIRST_PART.max(bytes.len());
        make_room(bytes.len() + part);
        bytes.reserve_exact(part);
        let read = reader.by_ref().take(part as u64).read_to_end(&mut bytes).map_err(failed)?;
        if read < part {
            return Ok(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// What a body of so many bytes asks for on its way, and how large the memory is that it is left in.
    fn rooms(length: usize, tells_length: bool) -> (Vec<usize>, usize) {
        let asked = RefCell::new(Vec::new());
        let text = vec![b'x'; length];
        let body = match tells_length {
            true => Body::builder().data(text),
            false => Body::builder().reader(std::io::Cursor::new(text)),
        };
        let bytes = read_whole(body, &|bytes| asked.borrow_mut().push(bytes)).ok().unwrap();
        assert_eq!(bytes.len(), length);
        (asked.into_inner(), bytes.capacity())
    }

    #[test]
    fn a_reply_asks_for_its_room_before_it_is_read() {
        assert_eq!(rooms(300_000, true), (vec![300_000], 300_000));
        let (asked, held) = rooms(300_000, false);
        assert_eq!(asked, [64 * 1024, 128 * 1024, 256 * 1024, 512 * 1024]);
        assert!(held <= 512 * 1024, "{held}");
        assert_eq!(rooms(0, true), (vec![0], 0));
    }
}
