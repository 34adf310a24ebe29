//! One receiver: ask for leave, receive, turn bodies into verdicts, hand them to the writer.

use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use super::run_settings::RunSettings;
use super::state::Shared;
use super::supervisor::ask_visibility_timeout;
use crate::batch::{Delivery, Keep};
use crate::drain::intake::Permit;
use crate::message::Message;
use crate::queue::{Queue, Received};
use crate::reject::RejectPolicy;
use crate::verdict::judge;

/// What one receive brought, with the time it came: its messages are hidden from then on.
pub struct Reply {
    pub deliveries: Vec<Delivery>,
    pub received_at: Instant,
}

pub fn run(queue: &dyn Queue, settings: &RunSettings, shared: &Shared, to_writer: Sender<Reply>) {
    while let Some(permit) = shared.next_permit() {
        match queue.receive(permit.most, wait(&permit, shared)) {
            Err(failure) => {
                shared.fail(failure);
                shared.receive_ended(permit, 0, 0);
            }
            Ok(Received { messages, lost }) => {
                shared.note_losses(lost, || ask_visibility_timeout(queue));
                let reply = Reply {
                    received_at: Instant::now(),
                    deliveries: messages.into_iter().map(|message| delivery(message, settings)).collect(),
                };
                let news =
                    reply.deliveries.iter().filter(|delivery| is_news(delivery, settings, shared)).count();
                let oldest = reply.deliveries.iter().filter_map(|delivery| delivery.sent_at).min();
                shared.count(|books| books.note_sent_at(oldest));
                shared.receive_ended(permit, reply.deliveries.len(), news);
                // The writer reads until every receiver has ended, so this cannot fail.
                let _ = to_writer.send(reply);
            }
        }
    }
}

/// A long poll must not outlast `--max-seconds` by more than the whole seconds that SQS counts in. Rounded
/// down it could become a short poll, whose empty answer says nothing of the queue.
fn wait(permit: &Permit, shared: &Shared) -> Duration {
    let wait = Duration::from_secs(u64::from(permit.wait_seconds));
    shared.time_left().map_or(wait, |left| wait.min(Duration::from_secs(left.as_secs() + 1)))
}

fn delivery(message: Message, settings: &RunSettings) -> Delivery {
    let verdict = judge(&message.body, &settings.masker);
    let keep = match settings.rejects {
        RejectPolicy::DeadLetter => Keep::Original,
        RejectPolicy::Delete | RejectPolicy::Keep => Keep::VerdictOnly,
    };
    Delivery::new(message, verdict, keep)
}

/// A reject that was kept and came back is none: it must not make the queue look busy.
fn is_news(delivery: &Delivery, settings: &RunSettings, shared: &Shared) -> bool {
    settings.rejects != RejectPolicy::Keep || !delivery.is_reject() || shared.keep(delivery.id.key)
}
