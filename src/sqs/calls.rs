//! A call to SQS: counted try by try, and told in one sentence when it fails for good.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::sentences::{Context, explain};
use crate::aws::{self, CallError, Clock, Credentials};
use crate::failure::Failure;
use crate::queue::Calls;

pub struct Caller {
    credentials: Arc<Credentials>,
    clock: Arc<Clock>,
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
    pub fn new(credentials: Arc<Credentials>, clock: Arc<Clock>, region: String, endpoint: String) -> Caller {
        Caller { credentials, clock, region, endpoint, counts: Counts::default() }
    }

    /// Makes the call until it succeeds, cannot succeed, or has been tried often enough.
    /// `queue` is for the sentence only.
    pub fn call<T>(
        &self,
        action: &str,
        queue: &str,
        try_once: impl FnMut() -> Result<T, CallError>,
    ) -> Result<T, Failure> {
        self.try_call(action, try_once).map_err(|error| self.explain(&error, action, queue))
    }

    /// The same for a caller who has a use for some of the errors.
    pub fn try_call<T>(
        &self,
        action: &str,
        mut try_once: impl FnMut() -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let counter = match action {
            "ReceiveMessage" => &self.counts.receive,
            "DeleteMessageBatch" => &self.counts.delete,
            _ => &self.counts.other,
        };
        let before_retry = || add_one(&self.counts.retries);
        aws::call(&self.credentials, before_retry, || {
            add_one(counter);
            try_once()
        })
    }

    pub fn explain(&self, error: &CallError, action: &str, queue: &str) -> Failure {
        let (region, endpoint) = (&self.region, &self.endpoint);
        explain(error, &Context { action, queue, region, endpoint, clock_ahead: self.clock.ahead() })
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
