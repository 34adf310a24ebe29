//! SIGTERM and SIGINT: the first asks the run to end, a second ends it now, and so does a run that will not end.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// After the first signal the run gets this long to finish its batch and give the rest back.
const GRACE: Duration = Duration::from_secs(9);

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

/// What a signal has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// The run ends by itself, in good order.
    Finish,
    /// The program must end now: a second signal came, or the run did not end in time.
    EndNow(&'static str),
}

impl Reaction {
    pub fn text(self) -> &'static str {
        match self {
            Reaction::Finish => "stopping: finishing the open batch (a second signal stops at once)",
            Reaction::EndNow(why) => why,
        }
    }
}

/// Listens for signals on a thread of its own, where `react` runs too.
pub fn listen(react: impl Fn(Reaction) + Send + Sync + 'static) -> io::Result<StopFlag> {
    let flag = StopFlag::default();
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    let (set, react) = (flag.clone(), Arc::new(react));
    thread::spawn(move || {
        let mut coming = signals.forever();
        if coming.next().is_some() {
            set.set();
            react(Reaction::Finish);
            let after_grace = Arc::clone(&react);
            thread::spawn(move || {
                thread::sleep(GRACE);
                after_grace(Reaction::EndNow(
                    "stopped before all was finished; nothing is lost: what was not deleted comes back",
                ));
            });
        }
        if coming.next().is_some() {
            react(Reaction::EndNow("stopped at once; nothing is lost: what was not deleted comes back"));
        }
    });
    Ok(flag)
}
