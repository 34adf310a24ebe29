//! The test SQS server: an in-memory SQS on 127.0.0.1 that can be told to misbehave.
//!
//! ```ignore
//! let server = Server::start(Options::default());
//! server.create_queue("login-queue", &[("VisibilityTimeout", "30")]);
//! let id = server.send("login-queue", r#"{"user_id": ...}"#);
//! server.fault(Fault::Reset(Stage::After), When::Nth(Action::DeleteMessageBatch, 2));
//! // ... run the program against server.url() ...
//! assert_eq!(server.counts("login-queue").deleted, 1);
//! ```

mod action;
mod answer;
mod calls;
mod connection;
mod errors;
mod escape;
mod faults;
mod form;
pub(crate) mod http;
mod json_protocol;
mod listener;
mod message;
mod outcome;
mod parameters;
mod perform;
mod query_protocol;
mod queue;
mod random;
mod receipt;
mod registry;
pub mod seed;
mod settings;
mod shared;
mod shelf;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

pub use action::Action;
pub use calls::{Call, Calls};
pub use faults::{Ending, Fault, FaultId, Stage, When};
pub use message::Content;
pub use random::Random;
pub use shelf::Counts;

use listener::Listener;
use queue::Queue;
use shared::Shared;

/// How a server starts. Both protocols are on by default.
#[derive(Debug, Clone)]
pub struct Options {
    /// 0 for any free port.
    pub port: u16,
    /// Before each reply.
    pub latency: Duration,
    pub json: bool,
    pub query: bool,
    /// Replies hold one to nine messages in turn, if they would hold more.
    pub uneven_replies: bool,
    /// Off for benchmarks: the log grows with every call.
    pub log_calls: bool,
    /// For faults by chance. Message ids are new in each server.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            port: 0,
            latency: Duration::ZERO,
            json: true,
            query: true,
            uneven_replies: false,
            log_calls: true,
            seed: 1,
        }
    }
}

/// A running server; it ends when dropped, and its connections with it.
pub struct Server {
    shared: Arc<Shared>,
    listener: Listener,
}

impl Server {
    pub fn start(options: Options) -> Server {
        let (listener, shared) = Listener::start(options);
        Server { shared, listener }
    }

    /// Ends every connection; the next is welcome.
    pub fn cut_all(&self) {
        self.listener.cut_all();
    }

    pub fn port(&self) -> u16 {
        self.listener.port()
    }

    /// `http://127.0.0.1:PORT`, the endpoint.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    /// `http://127.0.0.1:PORT/000000000000/NAME`
    pub fn queue_url(&self, queue: &str) -> String {
        perform::queue_url(self.url(), queue)
    }

    pub fn queue_arn(&self, queue: &str) -> String {
        format!("arn:aws:sqs:us-east-1:000000000000:{queue}")
    }

    /// Makes a queue, with attributes as AWS names them, and returns its URL.
    pub fn create_queue(&self, name: &str, attributes: &[(&str, &str)]) -> String {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_string(), (*value).to_string()));
        self.shared.registry.create(name, &attributes.collect()).unwrap();
        self.queue_url(name)
    }

    /// Sends past the network and its checks (any text goes), and returns the message id.
    pub fn send(&self, queue: &str, body: &str) -> String {
        let id = self.shared.registry.fresh_id();
        self.put(queue, &Arc::new(Content::new(id.clone(), body.to_string())), Duration::ZERO);
        id
    }

    /// For FIFO: while a message of a group is in flight, the rest of the group is hidden.
    pub fn send_in_group(&self, queue: &str, body: &str, group: &str) -> String {
        let id = self.shared.registry.fresh_id();
        let mut content = Content::new(id.clone(), body.to_string());
        content.group = Some(group.to_string());
        self.put(queue, &Arc::new(content), Duration::ZERO);
        id
    }

    pub fn send_delayed(&self, queue: &str, body: &str, delay: Duration) -> String {
        let id = self.shared.registry.fresh_id();
        self.put(queue, &Arc::new(Content::new(id.clone(), body.to_string())), delay);
        id
    }

    /// Puts one message into the queue `times` times, each copy with receipt handles of its own:
    /// the same id and body are delivered again even if the first delivery was deleted.
    pub fn deliver_repeatedly(&self, queue: &str, body: &str, times: usize) -> String {
        let id = self.shared.registry.fresh_id();
        let content = Arc::new(Content::new(id.clone(), body.to_string()));
        (0..times).for_each(|_| self.put(queue, &content, Duration::ZERO));
        id
    }

    /// A message with this SentTimestamp, delivered `times` times.
    pub fn deliver_dated(&self, queue: &str, body: &str, sent_at: u64, times: usize) -> String {
        let id = self.shared.registry.fresh_id();
        let content = Arc::new(Content { sent_at, ..Content::new(id.clone(), body.to_string()) });
        (0..times).for_each(|_| self.put(queue, &content, Duration::ZERO));
        id
    }

    pub fn deliver_twice(&self, queue: &str, body: &str) -> String {
        self.deliver_repeatedly(queue, body, 2)
    }

    pub fn counts(&self, queue: &str) -> Counts {
        self.queue(queue).counts()
    }

    /// Bodies of all messages not deleted (visible, in flight or delayed), in order of arrival.
    pub fn remaining_bodies(&self, queue: &str) -> Vec<String> {
        self.remaining(queue).iter().map(|content| content.body.clone()).collect()
    }

    /// All messages not deleted, with ids and attributes.
    pub fn remaining(&self, queue: &str) -> Vec<Arc<Content>> {
        self.queue(queue).contents()
    }

    /// Makes everything in flight visible now.
    pub fn expire_visibility(&self, queue: &str) {
        self.queue(queue).expire_all();
    }

    pub fn calls(&self) -> Calls {
        self.shared.calls.so_far()
    }

    pub fn set_latency(&self, latency: Duration) {
        *self.shared.latency.lock().unwrap() = latency;
    }

    pub fn fault(&self, fault: Fault, when: When) -> FaultId {
        self.shared.plan.add(fault, when)
    }

    /// How many calls a fault has struck so far.
    pub fn hits(&self, fault: FaultId) -> u64 {
        self.shared.plan.hits(fault)
    }

    pub fn clear_faults(&self) {
        self.shared.plan.clear();
    }

    fn put(&self, queue: &str, content: &Arc<Content>, delay: Duration) {
        self.queue(queue).put(content.clone(), Some(delay));
    }

    fn queue(&self, name: &str) -> Arc<Queue> {
        self.shared.registry.find(name).expect("create the queue first")
    }
}
