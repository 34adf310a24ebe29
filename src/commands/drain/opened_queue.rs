//! The queue of a drain, with what it said of itself before the run, and what becomes of messages left on it.

use std::time::Duration;

use crate::commands::connections;
use crate::drain::left_on_queue::LeftOnQueue;
use crate::failure::Failure;
use crate::queue::{QueueAttributes, USUAL_VISIBILITY_TIMEOUT};
use crate::report::Left;
use crate::settings::Drain;
use crate::sqs::{Asking, SqsQueue};

/// A queue with what it said of itself before the run.
pub struct OpenedQueue {
    pub queue: SqsQueue,
    /// `None` where we may not ask.
    attributes: Option<QueueAttributes>,
}

impl OpenedQueue {
    pub fn visibility_timeout(&self) -> Duration {
        self.attributes.as_ref().map_or(USUAL_VISIBILITY_TIMEOUT, |told| told.visibility_timeout)
    }

    /// After so many receives the queue's redrive policy moves a message.
    pub fn most_receives(&self) -> Option<u32> {
        self.attributes.as_ref()?.redrive.as_ref().map(|redrive| redrive.max_receive_count)
    }

    pub fn fate_of(&self, left: &LeftOnQueue) -> Left {
        let retention = self.attributes.as_ref().map(|told| told.retention);
        let moved_after = self.most_receives().zip(left.most_receives);
        Left {
            blocked_groups: left.blocked_groups(),
            expires_at: left
                .oldest_sent_at
                .zip(retention)
                .and_then(|(sent_at, kept)| sent_at.checked_add(time::Duration::try_from(kept).ok()?)),
            receives_left: moved_after.map(|(most, received)| most.saturating_sub(received)),
        }
    }
}

/// Makes no call where the queue's URL is given, one to learn it where only its name is.
pub fn open(settings: &Drain) -> Result<SqsQueue, Failure> {
    let limits = &settings.run.limits;
    let wait = Duration::from_secs(u64::from(limits.wait_seconds));
    let dead_letters = settings.sends_dead_letters();
    let asking =
        Asking { group: limits.fifo || dead_letters, message_attributes: dead_letters, ..Asking::default() };
    connections::queue(&settings.queue, wait, limits.receivers, asking)
}

/// Asks the queue once what it is, so that nothing is received from what is no queue, and nothing that the
/// dead-letter queue could not take.
pub fn ask(mut queue: SqsQueue, settings: &Drain) -> Result<OpenedQueue, Failure> {
    let attributes = queue.ask_at_start()?;
    if attributes.as_ref().is_some_and(|told| told.redrive.is_some()) {
        queue.ask_for_receive_counts();
    }
    if settings.sends_dead_letters() {
        queue.dead_letter_to(settings.dead_letter_queue_url.as_deref())?;
    }
    Ok(OpenedQueue { queue, attributes })
}
