//! One receiver: ask for leave, receive, judge the bodies, hand the deliveries to the writer.

use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use super::receiver_count::Permit;
use super::run_settings::RunSettings;
use super::state::RunState;
use crate::batch::{Delivery, Keep};
use crate::message::Message;
use crate::queue::{Queue, Received};
use crate::reject::RejectPolicy;
use crate::verdict::{Verdict, judge};

/// What one receive brought, with the time it came: its messages are hidden from then on.
pub struct Reply {
    pub deliveries: Vec<Delivery>,
    pub received_at: Instant,
}

pub fn run(queue: &dyn Queue, settings: &RunSettings, state: &RunState, to_writer: Sender<Reply>) {
    while let Some(permit) = state.next_permit() {
        match queue.receive(permit.most, wait(&permit, state)) {
            Err(failure) => state.receive_failed(permit, failure),
            Ok(Received { messages, lost, .. }) => {
                let received_at = Instant::now();
                let deliveries = messages.into_iter().map(|message| delivery(message, settings)).collect();
                let stays = |delivery: &Delivery| match &delivery.verdict {
                    Verdict::Reject(reject) => settings.leaves(reject.rejection.reason.class()),
                    Verdict::Login(_) => false,
                };
                let deliveries = state.received(permit, deliveries, lost, stays);
                // The writer reads until every receiver has ended, so this cannot fail.
                let _ = to_writer.send(Reply { deliveries, received_at });
            }
        }
    }
}

/// A long poll must not outlast `--max-seconds` by more than the whole seconds that SQS counts in. Rounded
/// down it could become a short poll, whose empty answer says nothing of the queue.
fn wait(permit: &Permit, state: &RunState) -> Duration {
    let wait = Duration::from_secs(u64::from(permit.wait_seconds));
    state.time_left().map_or(wait, |left| wait.min(Duration::from_secs(left.as_secs() + 1)))
}

fn delivery(message: Message, settings: &RunSettings) -> Delivery {
    let verdict = judge(&message.body, &settings.masker, settings.sealer.as_ref());
    let keep = match settings.rejects {
        RejectPolicy::DeadLetter => Keep::Original,
        RejectPolicy::Delete | RejectPolicy::Keep => Keep::VerdictOnly,
    };
    Delivery::new(message, verdict, keep)
}
