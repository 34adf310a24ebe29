//! One call from first try to result: counting, retrying, new credentials once, and the final sentence.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use time::OffsetDateTime;

use super::refusal::{CallError, Class};
use super::retry::Tries;
use super::sentences::{Context, explain};
use crate::aws::credentials::Credentials;
use crate::failure::Failure;
use crate::queue::Calls;

pub struct Caller {
    credentials: Arc<Credentials>,
    region: String,
    endpoint: String,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    receive: AtomicU64,
    delete: AtomicU64,
    other: AtomicU64,
    retries: AtomicU64,
}

fn add_one(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Caller {
    pub fn new(credentials: Arc<Credentials>, region: String, endpoint: String) -> Caller {
        Caller { credentials, region, endpoint, counts: Counts::default() }
    }

    /// Makes the call until it succeeds, cannot succeed, or has been tried often enough.
    /// `queue` is for the sentence only.
    pub fn call<T>(
        &self,
        action: &str,
        queue: &str,
        mut call: impl FnMut() -> Result<T, CallError>,
    ) -> Result<T, Failure> {
        let mut tries = Tries::begin();
        let mut asked_for_new_credentials = false;
        loop {
            add_one(self.counter(action));
            let error = match call() {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let again = match error.class() {
                Class::Passing => self.pause(&mut tries),
                Class::Credentials if !asked_for_new_credentials => {
                    asked_for_new_credentials = true;
                    self.credentials.invalidate();
                    self.pause(&mut tries)
                }
                Class::Credentials | Class::Lasting => false,
            };
            if !again {
                return Err(self.explain(&error, action, queue));
            }
        }
    }

    /// Waits before the next try; false when there is none.
    pub fn pause(&self, tries: &mut Tries) -> bool {
        let Some(pause) = tries.pause() else { return false };
        add_one(&self.counts.retries);
        thread::sleep(pause);
        true
    }

    fn counter(&self, action: &str) -> &AtomicU64 {
        match action {
            "ReceiveMessage" => &self.counts.receive,
            "DeleteMessageBatch" => &self.counts.delete,
            _ => &self.counts.other,
        }
    }

    fn explain(&self, error: &CallError, action: &str, queue: &str) -> Failure {
        if *error == CallError::NoCredentials
            && let Some(why) = self.credentials.last_error()
        {
            return why;
        }
        let context = Context { action, queue, region: &self.region, endpoint: &self.endpoint };
        explain(error, &context, OffsetDateTime::now_utc())
    }

    pub fn calls(&self) -> Calls {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Calls {
            receive: read(&self.counts.receive),
            delete: read(&self.counts.delete),
            other: read(&self.counts.other),
            retries: read(&self.counts.retries),
        }
    }
}
