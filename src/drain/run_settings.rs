//! What a run needs to know besides its queue and its store.

use std::time::Duration;

use crate::mask::Masker;
use crate::reject::RejectPolicy;

pub struct RunSettings {
    pub limits: Limits,
    /// Messages committed in one transaction, at the most.
    pub batch_size: usize,
    pub max_seconds: Option<Duration>,
    pub rejects: RejectPolicy,
    pub max_reject_percent: u8,
    pub masker: Masker,
}

/// What bounds a run's receives.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Receives in flight at once, at the most.
    pub receivers: usize,
    /// How long the queue must stay empty, in seconds (0 to 20), before the run ends.
    pub wait_seconds: u32,
    pub max_messages: Option<u64>,
    /// A FIFO queue hides a group while one of its messages is in flight, so it may look empty.
    pub fifo: bool,
}
