//! Raw HTTP/1.1: reading requests from a kept-alive connection, and assembling replies as bytes.

use std::io::{self, Read};
use std::net::TcpStream;
use std::ops::Range;

/// One request; the body is a range of the reader's buffer.
#[derive(Debug, Default)]
pub struct Request {
    pub path: String,
    /// `x-amz-target`, if the JSON protocol is spoken.
    pub target: Option<String>,
    pub close: bool,
    body: Range<usize>,
}

#[derive(Default)]
pub struct Reader {
    buffer: Vec<u8>,
    /// End of the request read last; what follows belongs to the next.
    used: usize,
}

impl Reader {
    /// The next request, or None when the client has closed the connection.
    pub fn next(&mut self, stream: &mut TcpStream) -> io::Result<Option<Request>> {
        self.buffer.drain(..self.used);
        self.used = 0;
        let (mut request, body_start, length) = loop {
            if let Some(head) = parse_head(&self.buffer)? {
                break head;
            }
            if !self.fill(stream)? {
                return Ok(None);
            }
        };
        while self.buffer.len() < body_start + length {
            if !self.fill(stream)? {
                return Ok(None);
            }
        }
        self.used = body_start + length;
        request.body = body_start..self.used;
        Ok(Some(request))
    }

    pub fn body(&self, request: &Request) -> &[u8] {
        &self.buffer[request.body.clone()]
    }

    fn fill(&mut self, stream: &mut TcpStream) -> io::Result<bool> {
        let mut piece = [0; 16 * 1024];
        let count = stream.read(&mut piece)?;
        self.buffer.extend_from_slice(&piece[..count]);
        Ok(count > 0)
    }
}

/// The head, where the body starts, and how long it is; None while the head is incomplete.
fn parse_head(buffer: &[u8]) -> io::Result<Option<(Request, usize, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Request::new(&mut headers);
    let status = head.parse(buffer).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    let httparse::Status::Complete(start) = status else { return Ok(None) };
    let mut request = Request { path: head.path.unwrap_or_default().to_string(), ..Request::default() };
    let mut length = 0;
    for header in head.headers.iter() {
        let value = std::str::from_utf8(header.value).unwrap_or_default();
        if header.name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or_default();
        } else if header.name.eq_ignore_ascii_case("x-amz-target") {
            request.target = Some(value.to_string());
        } else if header.name.eq_ignore_ascii_case("connection") {
            request.close = value.eq_ignore_ascii_case("close");
        }
    }
    Ok(Some((request, start, length)))
}

/// A reply before it becomes bytes. The body is lent, because its buffer is used again.
pub struct Reply<'a> {
    pub status: u16,
    pub content_type: &'a str,
    /// Complete further header lines, each ending in CR LF.
    pub extra: &'a [u8],
    pub body: &'a str,
    pub framing: Framing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Content-Length, which need not be the true one.
    Length(usize),
    /// Chunked, without the last chunk: the reply is not over.
    UnfinishedChunks,
}

impl Reply<'_> {
    /// Appends the whole reply.
    pub fn write(&self, wire: &mut Vec<u8>) {
        wire.extend_from_slice(b"HTTP/1.1 ");
        push_number(wire, usize::from(self.status));
        wire.extend_from_slice(reason(self.status));
        wire.extend_from_slice(b"\r\nContent-Type: ");
        wire.extend_from_slice(self.content_type.as_bytes());
        wire.extend_from_slice(b"\r\n");
        wire.extend_from_slice(self.extra);
        match self.framing {
            Framing::Length(length) => {
                wire.extend_from_slice(b"Content-Length: ");
                push_number(wire, length);
                wire.extend_from_slice(b"\r\n\r\n");
                wire.extend_from_slice(self.body.as_bytes());
            }
            Framing::UnfinishedChunks => {
                wire.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
                let chunk = format!("{:x}\r\n{}\r\n", self.body.len(), self.body);
                wire.extend_from_slice(if self.body.is_empty() { b"" } else { chunk.as_bytes() });
            }
        }
    }
}

fn push_number(wire: &mut Vec<u8>, number: usize) {
    use std::io::Write;
    write!(wire, "{number}").expect("writing to memory does not fail");
}

fn reason(status: u16) -> &'static [u8] {
    match status {
        200 => b" OK",
        400 => b" Bad Request",
        403 => b" Forbidden",
        404 => b" Not Found",
        429 => b" Too Many Requests",
        500 => b" Internal Server Error",
        503 => b" Service Unavailable",
        _ => b" Unnamed",
    }
}
