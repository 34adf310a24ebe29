//! A queue in memory for tests of the drain, which can be told to fail.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use uuid::Uuid;

use super::{Calls, DeadLetter, Deletion, Depth, GivenBack, Queue, QueueAttributes, Received};
use crate::failure::Failure;
use crate::message::{Message, MessageId, Receipt};
use crate::store::Settled;

#[derive(Default)]
pub struct MemoryQueue {
    state: Mutex<State>,
    faults: Faults,
}

/// What goes wrong, by the number of the call that it happens to (from 1).
#[derive(Default, Clone)]
pub struct Faults {
    pub receive_fails_at: Option<u64>,
    pub delete_fails_at: Option<u64>,
    /// Every message whose number is a multiple of this cannot be deleted.
    pub undeletable_every: Option<u128>,
    pub dead_letter_fails: bool,
    /// Every message whose number is a multiple of this is refused by the dead-letter queue.
    pub dead_letter_refused_every: Option<u128>,
}

#[derive(Default)]
struct State {
    visible: VecDeque<(u128, String)>,
    in_flight: HashMap<String, (u128, String)>,
    dead_letters: Vec<u128>,
    kept_hidden: u64,
    calls: Calls,
}

impl MemoryQueue {
    pub fn holding(bodies: impl IntoIterator<Item = String>) -> MemoryQueue {
        let visible = bodies.into_iter().enumerate().map(|(number, body)| (number as u128, body)).collect();
        MemoryQueue { state: Mutex::new(State { visible, ..State::default() }), ..MemoryQueue::default() }
    }

    pub fn with(mut self, faults: Faults) -> MemoryQueue {
        self.faults = faults;
        self
    }

    /// The same queue after a visibility timeout, with nothing going wrong any more.
    pub fn recovered(self) -> MemoryQueue {
        let mut state = self.state.into_inner().unwrap();
        let in_flight = std::mem::take(&mut state.in_flight);
        state.visible.extend(in_flight.into_values());
        MemoryQueue { state: Mutex::new(state), faults: Faults::default() }
    }

    /// The message with this number (its place in `holding`) is delivered once more.
    pub fn deliver_again(&self, number: u128, body: String) {
        self.state().visible.push_back((number, body));
    }

    /// Numbers of the messages that are on the queue and visible.
    pub fn visible(&self) -> Vec<u128> {
        self.state().visible.iter().map(|message| message.0).collect()
    }

    pub fn in_flight(&self) -> usize {
        self.state().in_flight.len()
    }

    pub fn dead_letters(&self) -> Vec<u128> {
        self.state().dead_letters.clone()
    }

    /// Calls that hid messages anew.
    pub fn kept_hidden(&self) -> u64 {
        self.state().kept_hidden
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Queue for MemoryQueue {
    fn receive(&self, most: usize, _: Duration, make_room: &dyn Fn(usize)) -> Result<Received, Failure> {
        let call = {
            let mut state = self.state();
            state.calls.receive += 1;
            state.calls.receive
        };
        if self.faults.receive_fails_at == Some(call) {
            return Err(Failure::temporary("the queue is gone"));
        }
        let mut state = self.state();
        let mut messages = Vec::new();
        while messages.len() < most
            && let Some((number, body)) = state.visible.pop_front()
        {
            let receipt = format!("{number}-{call}-{}", messages.len());
            state.in_flight.insert(receipt.clone(), (number, body.clone()));
            messages.push(message(number, &receipt, body));
        }
        drop(state);
        make_room(messages.iter().map(Message::bytes).sum());
        Ok(Received { messages, ..Received::default() })
    }

    fn delete(&self, settled: &[Settled]) -> Result<Vec<Deletion>, Failure> {
        let mut state = self.state();
        state.calls.delete += 1;
        if self.faults.delete_fails_at == Some(state.calls.delete) {
            return Err(Failure::lasting("deleting is not allowed"));
        }
        Ok(settled
            .iter()
            .map(|message| {
                let number = message.id().key.as_u128();
                if self.faults.undeletable_every.is_some_and(|every| number.is_multiple_of(every)) {
                    return Deletion::Failed;
                }
                state.in_flight.remove(&*message.receipt().0).map_or(Deletion::Failed, |_| Deletion::Deleted)
            })
            .collect())
    }

    fn dead_letter(&self, settled: &Settled) -> Result<DeadLetter, Failure> {
        assert!(settled.original().is_some(), "the body must come along");
        if self.faults.dead_letter_fails {
            return Err(Failure::lasting("sending is not allowed"));
        }
        let number = settled.id().key.as_u128();
        if self.faults.dead_letter_refused_every.is_some_and(|every| number.is_multiple_of(every)) {
            return Ok(DeadLetter::Refused("it is too large".to_owned()));
        }
        self.state().dead_letters.push(number);
        Ok(DeadLetter::Sent)
    }

    fn give_back(&self, receipts: &[Receipt]) -> GivenBack {
        let mut state = self.state();
        let mut given_back = GivenBack::default();
        for receipt in receipts {
            if let Some(message) = state.in_flight.remove(&*receipt.0) {
                state.visible.push_back(message);
                given_back.messages += 1;
            }
        }
        given_back
    }

    fn keep_hidden(&self, _: &[Receipt], _: Duration) -> Result<(), Failure> {
        self.state().kept_hidden += 1;
        Ok(())
    }

    fn attributes(&self) -> Result<Option<QueueAttributes>, Failure> {
        let state = self.state();
        let depth = Depth {
            visible: state.visible.len() as u64,
            in_flight: state.in_flight.len() as u64,
            delayed: 0,
        };
        Ok(Some(QueueAttributes {
            depth,
            visibility_timeout: Duration::from_secs(2),
            retention: Duration::from_secs(3600),
            redrive: None,
            kms_key: None,
        }))
    }

    fn interrupt(&self) {}

    fn calls(&self) -> Calls {
        self.state().calls
    }
}

fn message(number: u128, receipt: &str, body: String) -> Message {
    Message {
        id: MessageId::from_uuid(Uuid::from_u128(number)),
        receipt: Receipt(receipt.into()),
        body,
        sent_at: None,
        receive_count: None,
        group: None,
        attributes: Vec::new(),
    }
}
