//! One receiver: ask for leave, receive, judge the bodies, hand the deliveries to the writer.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use super::receiver_count::Permit;
use super::run_settings::RunSettings;
use super::state::RunState;
use crate::batch::{Delivery, Keep};
use crate::message::Message;
use crate::queue::{Queue, Received};
use crate::reject::{Class, RejectPolicy};
use crate::verdict::{Verdict, judge};

/// What one receive brought, with the time it came: its messages are hidden from then on.
pub struct Reply {
    pub deliveries: Vec<Delivery>,
    pub received_at: Instant,
}

/// `start_another` is called when one more receiver would find work; it answers whether it could start one.
pub fn run(
    queue: &dyn Queue,
    settings: &RunSettings,
    state: &RunState,
    to_writer: &Sender<Reply>,
    start_another: &dyn Fn() -> bool,
) {
    while let Some((permit, reading)) = state.leave_to_receive(start_another) {
        let reading = Cell::new(reading);
        let make_room = |bytes| reading.set(state.room_to_read(reading.get(), bytes));
        match queue.receive(permit.most, wait(&permit, state), &make_room) {
            Err(failure) => state.receive_failed(permit, reading.get(), failure),
            Ok(Received { messages, lost, throttled }) => {
                let received_at = Instant::now();
                let reading = reading.get().at_least(messages.iter().map(Message::bytes).sum());
                let deliveries = messages.into_iter().map(|message| delivery(message, settings)).collect();
                let stays = |delivery: &Delivery| match &delivery.verdict {
                    Verdict::Reject(reject) => settings.leaves(reject.rejection.reason.class()),
                    Verdict::Login(_) => false,
                };
                let deliveries = state.received(permit, reading, deliveries, lost, throttled, stays);
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
    let keep = match (settings.rejects, &verdict) {
        (RejectPolicy::DeadLetter, Verdict::Reject(reject))
            if reject.rejection.reason.class() == Class::Rogue =>
        {
            Keep::Original
        }
        _ => Keep::VerdictOnly,
    };
    Delivery::new(message, verdict, keep)
}
