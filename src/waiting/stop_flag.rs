//! The wish of somebody that the program ends, which threads can see and wait for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Set once, for good. Clones share it.
#[derive(Clone, Default)]
pub struct StopFlag(Arc<Shared>);

#[derive(Default)]
struct Shared {
    set_at: Mutex<Option<Instant>>,
    changed: Condvar,
    /// Something is under way that takes time to end in good order.
    in_the_middle: AtomicBool,
}

impl StopFlag {
    pub fn is_set(&self) -> bool {
        self.set_at().is_some()
    }

    pub fn set(&self) {
        self.0.set_at.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
        self.0.changed.notify_all();
    }

    /// When it was set.
    pub fn set_at(&self) -> Option<Instant> {
        *self.0.set_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits; true when it is set, at once when it is set already.
    pub fn wait(&self, time: Duration) -> bool {
        let set_at = self.0.set_at.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.changed.wait_timeout_while(set_at, time, |set_at| set_at.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.is_some()
    }

    /// From here on messages are held, which are to be given back before the program ends.
    pub fn in_the_middle(&self) {
        self.0.in_the_middle.store(true, Ordering::Relaxed);
    }

    pub fn is_in_the_middle(&self) -> bool {
        self.0.in_the_middle.load(Ordering::Relaxed)
    }
}
