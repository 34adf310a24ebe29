//! The floor under what a drain may cost: only what none can leave out. It asks over plain sockets, signs nothing,
//! finds receipt handles by search, stores rows that are all alike, and knows neither bodies nor masks nor a ledger.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context, ensure};
use crossbeam_channel::{Receiver, Sender};
use postgres::{Client, NoTls};

const RECEIVERS: usize = 4;
const DELETERS: usize = 4;
const PER_CALL: usize = 10;
const ROWS: usize = 1000;

const ROW: &str = "4d2f3a52-0f2b-4f0c-8f0a-7c1c0f7a9b10\tandroid\t\
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\t\
    e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\tRU\t230\t2026-07-01\n";

/// A received ten: the body of the call that deletes them.
struct Ten {
    messages: usize,
    deletion: String,
}

/// Stores and deletes as many messages as its argument says; the queue and the database are in the environment.
fn main() -> anyhow::Result<()> {
    let messages: usize = std::env::args().nth(1).context("how many messages?")?.parse()?;
    let endpoint = std::env::var("AWS_ENDPOINT_URL_SQS")?;
    let address = endpoint.strip_prefix("http://").context("the endpoint is not in clear text")?;
    let queue_url = std::env::var("LOGIN_DRAIN_QUEUE_URL")?;
    let mut database = Client::connect(&std::env::var("DATABASE_URL")?, NoTls)?;
    let (to_writer, received) = crossbeam_channel::bounded(256);
    let (to_deleters, stored) = crossbeam_channel::bounded(256);
    let asked = AtomicUsize::new(0);
    let (asked, queue_url) = (&asked, queue_url.as_str());
    let rows = thread::scope(|scope| {
        let mut callers = Vec::new();
        for _ in 0..RECEIVERS {
            let to_writer = to_writer.clone();
            callers.push(scope.spawn(move || receive(address, queue_url, asked, messages, &to_writer)));
        }
        for _ in 0..DELETERS {
            let stored = stored.clone();
            callers.push(scope.spawn(move || delete(address, &stored)));
        }
        // Each ends when nobody is left who could send to it.
        drop((to_writer, stored));
        let rows = store(&mut database, &received, &to_deleters);
        drop((received, to_deleters));
        for caller in callers {
            caller.join().map_err(|_| anyhow::anyhow!("a caller ended in a panic"))??;
        }
        rows
    })?;
    ensure!(rows == messages, "{rows} of {messages} messages were stored");
    Ok(())
}

fn receive(
    address: &str,
    queue_url: &str,
    asked: &AtomicUsize,
    messages: usize,
    to_writer: &Sender<Ten>,
) -> anyhow::Result<()> {
    let mut connection = Connection::open(address)?;
    let body = format!(
        r#"{{"QueueUrl":"{queue_url}","MaxNumberOfMessages":{PER_CALL},"AttributeNames":["SentTimestamp"]}}"#
    );
    while asked.fetch_add(PER_CALL, Ordering::Relaxed) < messages {
        let mut rest = connection.call("ReceiveMessage", &body)?;
        let mut ten = Ten { messages: 0, deletion: format!(r#"{{"QueueUrl":"{queue_url}","Entries":["#) };
        while let Some((_, after)) = rest.split_once(r#""ReceiptHandle":""#) {
            let (handle, after) = after.split_once('"').context("a receipt handle has no end")?;
            let comma = if ten.messages == 0 { "" } else { "," };
            for part in [comma, r#"{"Id":""#, digit(ten.messages), r#"","ReceiptHandle":""#, handle, r#""}"#]
            {
                ten.deletion.push_str(part);
            }
            ten.messages += 1;
            rest = after;
        }
        ten.deletion.push_str("]}");
        ensure!(ten.messages > 0, "the queue is empty too early");
        to_writer.send(ten)?;
    }
    Ok(())
}

fn digit(number: usize) -> &'static str {
    "0123456789".get(number..=number).unwrap_or_default()
}

/// The number of rows.
fn store(
    database: &mut Client,
    received: &Receiver<Ten>,
    to_deleters: &Sender<Ten>,
) -> anyhow::Result<usize> {
    let (mut rows, mut batch, mut waiting) = (0, Vec::new(), 0);
    loop {
        let ten = received.recv().ok();
        let is_last = ten.is_none();
        waiting += ten.as_ref().map_or(0, |ten| ten.messages);
        batch.extend(ten);
        if waiting >= ROWS || (is_last && waiting > 0) {
            let mut copy = database.copy_in("COPY user_logins FROM STDIN")?;
            copy.write_all(ROW.repeat(waiting).as_bytes())?;
            copy.finish()?;
            rows += std::mem::take(&mut waiting);
            for ten in batch.drain(..) {
                to_deleters.send(ten)?;
            }
        }
        if is_last {
            return Ok(rows);
        }
    }
}

fn delete(address: &str, stored: &Receiver<Ten>) -> anyhow::Result<()> {
    let mut connection = Connection::open(address)?;
    for ten in stored {
        let reply = connection.call("DeleteMessageBatch", &ten.deletion)?;
        ensure!(!reply.contains("SenderFault"), "not all were deleted");
    }
    Ok(())
}

struct Connection {
    stream: TcpStream,
    address: String,
    request: Vec<u8>,
    reply: Vec<u8>,
}

impl Connection {
    fn open(address: &str) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, address: address.to_owned(), request: Vec::new(), reply: vec![0; 64 * 1024] })
    }

    /// The body of the reply.
    fn call(&mut self, action: &str, body: &str) -> anyhow::Result<&str> {
        self.request.clear();
        write!(
            self.request,
            "POST / HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-amz-json-1.0\r\n\
             x-amz-target: AmazonSQS.{action}\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len(),
        )?;
        self.stream.write_all(&self.request)?;
        let mut held = 0;
        loop {
            let read = self.stream.read(self.reply.get_mut(held..).unwrap_or_default())?;
            ensure!(read > 0, "the server has ended the connection, or its reply is too large");
            held += read;
            let text = self.reply.get(..held).unwrap_or_default();
            let Some(head) = text.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let length = content_length(text.get(..head).unwrap_or_default())?;
            if held == head + 4 + length {
                let body = self.reply.get(head + 4..held).unwrap_or_default();
                return Ok(std::str::from_utf8(body)?);
            }
        }
    }
}

fn content_length(head: &[u8]) -> anyhow::Result<usize> {
    let head = std::str::from_utf8(head)?;
    ensure!(head.starts_with("HTTP/1.1 200"), "the server has refused a call");
    let length = head.lines().filter_map(|line| line.split_once(": "));
    let mut length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    Ok(length.next().context("a reply does not tell its length")?.1.parse()?)
}
