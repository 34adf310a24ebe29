//! One queue: its shelf behind a lock that is held briefly, its settings, and long polling.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::message::{Content, Delivery, Receipt};
use super::settings::Settings;
use super::shelf::{Counts, Shelf, Take, Taken};

pub struct Queue {
    pub name: String,
    shelf: Mutex<Shelf>,
    settings: Mutex<Settings>,
    arrived: Condvar,
}

/// What a ReceiveMessage call asks; what it leaves out comes from the queue's settings.
#[derive(Debug, Clone, Default)]
pub struct Order {
    pub at_most: usize,
    pub wait: Option<Duration>,
    pub visibility: Option<Duration>,
    /// Faults: deliver each message again in this receive, or leave a visible copy for the next.
    pub twice_now: bool,
    pub twice_later: bool,
}

impl Queue {
    pub fn new(name: &str, settings: Settings) -> Queue {
        Queue {
            name: name.to_string(),
            shelf: Mutex::default(),
            settings: Mutex::new(settings),
            arrived: Condvar::new(),
        }
    }

    pub fn put(&self, content: Arc<Content>, delay: Option<Duration>) {
        let delay = delay.unwrap_or_else(|| self.settings.lock().unwrap().delay);
        self.lock().put(content, delay, Instant::now());
        // All are woken: a poller whose time is up may be the one that a single call would wake.
        self.arrived.notify_all();
    }

    /// Long polls until something is visible, the wait is over, or `stop` is set.
    pub fn receive(&self, order: &Order, dead_letters: Option<&Queue>, stop: &AtomicBool) -> Vec<Delivery> {
        let settings = self.settings.lock().unwrap().clone();
        let patience = Instant::now() + order.wait.unwrap_or(settings.receive_wait);
        let visibility = order.visibility.unwrap_or(settings.visibility);
        let max_receive_count =
            settings.redrive.filter(|_| dead_letters.is_some()).map(|redrive| redrive.after);
        loop {
            let now = Instant::now();
            let take = Take { at_most: order.at_most, visibility, now, max_receive_count };
            let (taken, changes) = self.take_now(&take, order);
            for dead in taken.dead {
                dead_letters.expect("nothing dies without a dead-letter queue").put(dead, None);
            }
            if !taken.deliveries.is_empty() || now >= patience || stop.load(Ordering::Relaxed) {
                return taken.deliveries;
            }
            self.wait(now, patience, changes);
        }
    }

    /// Deletes under one lock. A stale receipt deletes nothing and is no error, as with AWS.
    pub fn delete(&self, receipts: impl Iterator<Item = Receipt>) {
        let mut shelf = self.lock();
        let before = shelf.changes();
        for receipt in receipts {
            shelf.delete(receipt);
        }
        if shelf.changes() != before {
            self.arrived.notify_all(); // A message group was set free.
        }
    }

    pub fn change_visibility(&self, receipt: Receipt, timeout: Duration) -> bool {
        let changed = self.lock().change_visibility(receipt, timeout, Instant::now());
        self.arrived.notify_all();
        changed
    }

    pub fn expire_all(&self) {
        self.lock().expire_all();
        self.arrived.notify_all();
    }

    pub fn clear(&self) {
        self.lock().clear();
    }

    pub fn counts(&self) -> Counts {
        let mut shelf = self.lock();
        shelf.wake(Instant::now());
        shelf.counts()
    }

    pub fn contents(&self) -> Vec<Arc<Content>> {
        self.lock().contents()
    }

    pub fn settings(&self) -> Settings {
        self.settings.lock().unwrap().clone()
    }

    pub fn set(&self, attributes: &BTreeMap<String, String>) -> Result<(), String> {
        self.settings.lock().unwrap().apply(attributes)
    }

    /// Lets every long poll look again, at the end of the server.
    pub fn wake_pollers(&self) {
        let _held = self.lock();
        self.arrived.notify_all();
    }

    fn take_now(&self, take: &Take, order: &Order) -> (Taken, u64) {
        let mut shelf = self.lock();
        shelf.wake(take.now);
        let mut taken = shelf.take(take);
        if order.twice_now {
            let copies: Vec<Delivery> =
                taken.deliveries.iter().map(|first| shelf.copy(first, take)).collect();
            taken.deliveries.extend(copies);
        }
        if order.twice_later {
            for delivery in &taken.deliveries {
                shelf.put(delivery.content.clone(), Duration::ZERO, take.now);
            }
        }
        (taken, shelf.changes())
    }

    fn wait(&self, now: Instant, patience: Instant, seen: u64) {
        let shelf = self.lock();
        if shelf.changes() != seen {
            return; // Something came between the look and the lock.
        }
        let until = shelf.next_wake().map_or(patience, |due| due.min(patience));
        drop(self.arrived.wait_timeout(shelf, until.saturating_duration_since(now)));
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap()
    }
}
