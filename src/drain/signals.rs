//! SIGTERM and SIGINT: the first asks the run to end, the second ends it now.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Set once somebody has asked the run to end. Clones share it.
#[derive(Clone, Default)]
pub struct StopFlag(Arc<AtomicBool>);

impl StopFlag {
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Listens for signals on a thread of its own. `first` and `second` run there when they come.
pub fn listen(
    first: impl FnOnce() + Send + 'static,
    second: impl FnOnce() + Send + 'static,
) -> io::Result<StopFlag> {
    let flag = StopFlag::default();
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    let set = flag.clone();
    thread::spawn(move || {
        let mut coming = signals.forever();
        if coming.next().is_some() {
            set.set();
            first();
        }
        if coming.next().is_some() {
            second();
        }
    });
    Ok(flag)
}
