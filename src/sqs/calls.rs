//! A call to SQS: counted try by try, and told in one sentence when it fails for good.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::sentences::{Context, explain};
use crate::aws::{self, Access, CallError, Calling, Clock, Credentials};
use crate::failure::Failure;
use crate::queue::Calls;
use crate::waiting::{Patience, Until};

pub struct Caller {
    credentials: Arc<Credentials>,
    clock: Arc<Clock>,
    patience: Patience,
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
    pub fn new(aws: &Access, region: String, endpoint: String) -> Caller {
        Caller {
            credentials: Arc::clone(aws.credentials()),
            clock: Arc::clone(aws.clock()),
            patience: aws.new_patience(),
            region,
            endpoint,
            counts: Counts::default(),
        }
    }

    /// Makes the call until it succeeds, cannot succeed, or SQS has been waited for long enough.
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
        let until = match action {
            "DeleteMessageBatch" | "ChangeMessageVisibilityBatch" | "SendMessage" => Until::TheEnd,
            _ => Until::ASignal,
        };
        let Caller { credentials, clock, patience, .. } = self;
        let calling = Calling { credentials, clock, patience, until };
        aws::call(
            calling,
            |_| add_one(&self.counts.retries),
            || {
                add_one(counter);
                try_once()
            },
        )
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
