//! What a run needs to know besides its queue and its store.

use std::time::Duration;

use crate::mask::Masker;
use crate::reject::{Class, RejectPolicy};
use crate::seal::Sealer;
use crate::store::PastRun;
use crate::waiting::Patience;

/// What the user asked of a run, and what the queue and earlier runs say before it begins.
pub struct RunSettings {
    pub limits: Limits,
    /// Messages committed in one transaction, at the most.
    pub batch_size: usize,
    pub max_seconds: Option<Duration>,
    /// Bytes of messages that may be held in memory at once.
    pub memory: usize,
    /// What becomes of rogue messages.
    pub rejects: RejectPolicy,
    /// Messages that may be logins and could not be stored are deleted, not left on the queue.
    pub delete_refused: bool,
    pub max_reject_percent: u8,
    pub masker: Masker,
    /// Keeps raw values for whoever has the private key.
    pub sealer: Option<Sealer>,
    /// How long the queue hides a message that was received.
    pub visibility_timeout: Duration,
    /// Earlier runs on the same queue, the newest first, as far as the reject guard looks back.
    pub earlier_runs: Vec<PastRun>,
    /// With the store.
    pub store_patience: Patience,
}

impl RunSettings {
    /// Whether rejects of this class stay on the queue, whatever the reject guard says.
    pub fn leaves(&self, class: Class) -> bool {
        match class {
            Class::Rogue => self.rejects == RejectPolicy::Keep,
            Class::Refused => !self.delete_refused,
        }
    }
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
