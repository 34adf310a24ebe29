//! Where each message of one queue stands: visible, in flight or delayed, and until when.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::message::{Content, Delivery, Receipt, now};

/// How many messages stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub visible: usize,
    pub in_flight: usize,
    pub delayed: usize,
    /// Since the queue was made.
    pub deleted: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Visible,
    InFlight,
    Delayed,
}

struct Slot {
    content: Arc<Content>,
    place: Place,
    /// The last receipt's number; an older receipt for this slot is stale.
    number: u64,
    /// Order of arrival.
    sequence: u64,
    until: Option<Instant>,
    receive_count: u32,
    first_received_at: u64,
}

#[derive(Default)]
pub struct Shelf {
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    /// Slot and number; an entry whose number is no longer the slot's is skipped.
    visible: VecDeque<(Receipt, u64)>,
    timers: BinaryHeap<Reverse<(Instant, u32, u64)>>,
    busy_groups: HashMap<String, usize>,
    counts: Counts,
    last_number: u64,
    last_sequence: u64,
    changes: u64,
}

/// What one receive asks of the shelf.
pub struct Take {
    pub at_most: usize,
    pub visibility: Duration,
    pub now: Instant,
    /// Messages received this often already are dead.
    pub max_receive_count: Option<u32>,
}

/// What one receive got.
#[derive(Default)]
pub struct Taken {
    pub deliveries: Vec<Delivery>,
    pub dead: Vec<Arc<Content>>,
}

impl Shelf {
    pub fn put(&mut self, content: Arc<Content>, delay: Duration, now: Instant) {
        self.last_sequence += 1;
        let slot = Slot {
            content,
            place: Place::Delayed,
            number: self.next_number(),
            sequence: self.last_sequence,
            until: Some(now + delay),
            receive_count: 0,
            first_received_at: 0,
        };
        let index = self.place_in_free_slot(slot);
        self.count(Place::Delayed, 1);
        if delay.is_zero() { self.show(index) } else { self.start_timer(index, now + delay) }
    }

    /// Makes visible what is due at `now`.
    pub fn wake(&mut self, now: Instant) {
        while let Some(Reverse((due, index, number))) = self.timers.peek().copied() {
            if due > now {
                return;
            }
            self.timers.pop();
            let slot = self.slots[index as usize].as_ref();
            if slot.is_some_and(|slot| slot.number == number && slot.until == Some(due)) {
                self.show(index);
            }
        }
    }

    /// When `wake` may next have something to do.
    pub fn next_wake(&self) -> Option<Instant> {
        self.timers.peek().map(|Reverse((due, _, _))| *due)
    }

    pub fn take(&mut self, order: &Take) -> Taken {
        let mut taken = Taken::default();
        let mut passed_over = Vec::new();
        let busy = if self.busy_groups.is_empty() { HashMap::new() } else { self.busy_groups.clone() };
        while taken.deliveries.len() < order.at_most {
            let Some(entry) = self.visible.pop_front() else { break };
            let Some(slot) = self.current(entry.0).filter(|slot| slot.place == Place::Visible) else {
                continue;
            };
            if slot.content.group.as_ref().is_some_and(|group| busy.contains_key(group)) {
                passed_over.push(entry);
            } else if order.max_receive_count.is_some_and(|most| slot.receive_count >= most) {
                taken.dead.extend(self.remove(entry.0.slot));
            } else {
                taken.deliveries.push(self.deliver(entry.0.slot, order));
            }
        }
        for entry in passed_over.into_iter().rev() {
            self.visible.push_front(entry);
        }
        taken
    }

    /// One more delivery of a message that was just taken, as a second copy of its own.
    pub fn copy(&mut self, delivery: &Delivery, order: &Take) -> Delivery {
        self.put(delivery.content.clone(), Duration::ZERO, order.now);
        let (entry, _) = self.visible.pop_back().expect("the copy was just shown");
        self.deliver(entry.slot, order)
    }

    /// False if the receipt is stale: nothing is deleted then.
    pub fn delete(&mut self, receipt: Receipt) -> bool {
        let known = self.current(receipt).is_some();
        if known {
            self.remove(receipt.slot);
            self.counts.deleted += 1;
        }
        known
    }

    /// False if the receipt is stale or its message is not in flight.
    pub fn change_visibility(&mut self, receipt: Receipt, timeout: Duration, now: Instant) -> bool {
        let in_flight = self.current(receipt).is_some_and(|slot| slot.place == Place::InFlight);
        if in_flight && timeout.is_zero() {
            self.show(receipt.slot);
        } else if in_flight {
            self.start_timer(receipt.slot, now + timeout);
        }
        in_flight
    }

    /// Ends every visibility timeout at once. The receipts stay good until the next receive.
    pub fn expire_all(&mut self) {
        for index in 0..self.slots.len() as u32 {
            if self.slots[index as usize].as_ref().is_some_and(|slot| slot.place == Place::InFlight) {
                self.show(index);
            }
        }
    }

    pub fn clear(&mut self) {
        for index in 0..self.slots.len() as u32 {
            self.remove(index);
        }
        self.visible.clear();
        self.timers.clear();
    }

    /// Grows whenever a long poll should look again.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Everything not deleted, wherever it stands, in order of arrival.
    pub fn contents(&self) -> Vec<Arc<Content>> {
        let mut slots: Vec<&Slot> = self.slots.iter().flatten().collect();
        slots.sort_by_key(|slot| slot.sequence);
        slots.into_iter().map(|slot| slot.content.clone()).collect()
    }

    fn current(&self, receipt: Receipt) -> Option<&Slot> {
        let slot = self.slots.get(receipt.slot as usize)?.as_ref()?;
        (slot.number == receipt.number).then_some(slot)
    }

    fn deliver(&mut self, index: u32, order: &Take) -> Delivery {
        self.move_to(index, Place::InFlight);
        let number = self.next_number();
        let slot = self.slots[index as usize].as_mut().expect("only full slots are visible");
        slot.number = number;
        slot.receive_count += 1;
        if slot.receive_count == 1 {
            slot.first_received_at = now();
        }
        let delivery = Delivery {
            content: slot.content.clone(),
            receipt: Receipt { slot: index, number },
            receive_count: slot.receive_count,
            first_received_at: slot.first_received_at,
            wrong_md5: false,
        };
        self.start_timer(index, order.now + order.visibility);
        delivery
    }

    fn show(&mut self, index: u32) {
        self.changes += 1;
        self.move_to(index, Place::Visible);
        let slot = self.slots[index as usize].as_mut().expect("only full slots are shown");
        slot.until = None;
        let entry = (Receipt { slot: index, number: slot.number }, slot.sequence);
        if slot.content.group.is_none() {
            self.visible.push_back(entry);
        } else {
            // In a group, a message that comes back comes back to its old place.
            let place = self.visible.partition_point(|(_, sequence)| *sequence < entry.1);
            self.visible.insert(place, entry);
        }
    }

    fn start_timer(&mut self, index: u32, due: Instant) {
        self.changes += 1;
        let slot = self.slots[index as usize].as_mut().expect("only full slots have timers");
        slot.until = Some(due);
        self.timers.push(Reverse((due, index, slot.number)));
    }

    fn remove(&mut self, index: u32) -> Option<Arc<Content>> {
        self.slots[index as usize].as_ref()?;
        self.move_to(index, Place::Visible);
        self.count(Place::Visible, -1);
        self.free.push(index);
        self.slots[index as usize].take().map(|slot| slot.content)
    }

    fn move_to(&mut self, index: u32, place: Place) {
        let slot = self.slots[index as usize].as_mut().expect("only full slots move");
        let from = std::mem::replace(&mut slot.place, place);
        let group = slot.content.group.clone();
        self.count(from, -1);
        self.count(place, 1);
        if let Some(group) = group {
            self.mark_group(group, from, place);
        }
    }

    fn mark_group(&mut self, group: String, from: Place, place: Place) {
        let in_flight = self.busy_groups.entry(group.clone()).or_default();
        *in_flight += usize::from(place == Place::InFlight);
        *in_flight -= usize::from(from == Place::InFlight);
        if *in_flight == 0 {
            self.changes += 1;
            self.busy_groups.remove(&group);
        }
    }

    fn count(&mut self, place: Place, change: isize) {
        let count = match place {
            Place::Visible => &mut self.counts.visible,
            Place::InFlight => &mut self.counts.in_flight,
            Place::Delayed => &mut self.counts.delayed,
        };
        *count = count.wrapping_add_signed(change);
    }

    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    fn place_in_free_slot(&mut self, slot: Slot) -> u32 {
        if let Some(index) = self.free.pop() {
            self.slots[index as usize] = Some(slot);
            return index;
        }
        self.slots.push(Some(slot));
        self.slots.len() as u32 - 1
    }
}
