//! The limit on steps that nothing else can end: a database that accepts a request and never answers.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Watches one step at a time and calls `expired` if it lasts too long.
///
/// The PostgreSQL client has no read timeout, and no socket option ends a wait for a peer that still
/// acknowledges packets. Ending the program is safe: an open transaction rolls back, a commit whose
/// answer is lost is found in the ledger by the next run, and no message is deleted before a commit.
#[derive(Clone)]
pub struct Watchdog {
    shared: Arc<Shared>,
}

struct Shared {
    step: Mutex<Option<Step>>,
    changed: Condvar,
}

#[derive(Clone, Copy)]
struct Step {
    name: &'static str,
    limit: Duration,
    deadline: Instant,
}

/// While it lives, its step is watched.
pub struct Watched<'a> {
    watchdog: &'a Watchdog,
}

impl Watchdog {
    /// Starts the watching thread, which lives as long as the program. `expired` gets the step's name and limit.
    pub fn start(expired: impl Fn(&'static str, Duration) + Send + 'static) -> Watchdog {
        let watchdog =
            Watchdog { shared: Arc::new(Shared { step: Mutex::new(None), changed: Condvar::new() }) };
        let watching = watchdog.clone();
        thread::spawn(move || watching.watch_for_ever(expired));
        watchdog
    }

    pub fn watch(&self, name: &'static str, limit: Duration) -> Watched<'_> {
        *self.step() = Some(Step { name, limit, deadline: Instant::now() + limit });
        self.shared.changed.notify_one();
        Watched { watchdog: self }
    }

    fn step(&self) -> MutexGuard<'_, Option<Step>> {
        self.shared.step.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch_for_ever(&self, expired: impl Fn(&'static str, Duration)) {
        let mut step = self.step();
        loop {
            let Some(watched) = *step else {
                step = self.shared.changed.wait(step).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = watched.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                expired(watched.name, watched.limit);
                *step = None;
                continue;
            }
            step = self.shared.changed.wait_timeout(step, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        // The thread is not woken for this: it looks again when the old deadline comes, which saves two
        // context switches for every statement.
        *self.watchdog.step() = None;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_step_that_lasts_too_long_is_reported_and_one_that_ends_is_not() {
        let (sender, expired) = mpsc::channel();
        let watchdog = Watchdog::start(move |name, _| sender.send(name).unwrap_or_default());
        drop(watchdog.watch("short", Duration::from_millis(30)));
        let _long = watchdog.watch("long", Duration::from_millis(50));
        assert_eq!(expired.recv_timeout(Duration::from_secs(20)), Ok("long"));
        assert!(expired.try_recv().is_err());
    }
}
