//! What all connections of one server share, and sleeping that ends with the server.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use super::Options;
use super::calls::Recorder;
use super::faults::Plan;
use super::registry::Registry;

pub struct Shared {
    pub options: Options,
    /// `http://127.0.0.1:PORT`
    pub url: String,
    pub registry: Registry,
    pub plan: Plan,
    pub calls: Recorder,
    pub latency: Mutex<Duration>,
    pub stop: AtomicBool,
    replies: AtomicUsize,
    sleepers: (Mutex<()>, Condvar),
}

impl Shared {
    pub fn new(options: Options, url: String) -> Shared {
        Shared {
            url,
            registry: Registry::new(),
            plan: Plan::new(options.seed),
            calls: Recorder::new(options.log_calls),
            latency: Mutex::new(options.latency),
            stop: AtomicBool::new(false),
            replies: AtomicUsize::new(0),
            sleepers: Default::default(),
            options,
        }
    }

    /// The most messages that the next reply may hold.
    pub fn most_per_reply(&self) -> usize {
        match self.options.uneven_replies {
            true => 1 + self.replies.fetch_add(1, Ordering::Relaxed) % 9,
            false => usize::MAX,
        }
    }

    /// Sleeps for `time`, or until the server ends.
    pub fn sleep(&self, time: Duration) {
        if time.is_zero() {
            return;
        }
        let awake = self.sleepers.0.lock().unwrap();
        let running = |(): &mut ()| !self.stop.load(Ordering::Relaxed);
        drop(self.sleepers.1.wait_timeout_while(awake, time, running));
    }

    pub fn end(&self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(self.sleepers.0.lock());
        self.sleepers.1.notify_all();
        for queue in self.registry.all() {
            queue.wake_pollers();
        }
    }
}
