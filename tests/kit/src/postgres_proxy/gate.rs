//! What the proxy's connections wait for and end with: freezing, thawing, cutting, refusing.

use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Both ends of one connection. Once closed it stays closed.
pub struct Ends {
    pub client: TcpStream,
    pub server: TcpStream,
    closed: AtomicBool,
}

impl Ends {
    pub fn new(client: TcpStream, server: TcpStream) -> Ends {
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        Ends { client, server, closed: AtomicBool::new(false) }
    }

    pub fn closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }

    /// Whether the client has closed, for the thread that reads from it and is not reading now.
    pub fn client_left(&self) -> bool {
        let _ = self.client.set_read_timeout(Some(Duration::from_millis(1)));
        let left = matches!(self.client.peek(&mut [0]), Ok(0));
        let _ = self.client.set_read_timeout(None);
        left
    }

    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        let _ = self.client.shutdown(Shutdown::Both);
        let _ = self.server.shutdown(Shutdown::Both);
    }
}

#[derive(Default)]
pub struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    ended: bool,
    refuse_until: Option<Instant>,
    /// Grows with each thaw and cut; a freeze lasts until it has grown.
    thaws: u64,
    open: Vec<(u64, Arc<Ends>)>,
    last: u64,
}

impl Gate {
    pub fn enter(&self, ends: &Arc<Ends>) -> u64 {
        let mut state = self.lock();
        state.last += 1;
        let number = state.last;
        if state.ended {
            ends.close();
        }
        state.open.push((number, ends.clone()));
        number
    }

    pub fn leave(&self, number: u64) {
        self.lock().open.retain(|(open, _)| *open != number);
    }

    pub fn is_empty(&self) -> bool {
        self.lock().open.is_empty()
    }

    /// Waits for `time` (None: without end) or until a thaw. False if there is nothing to go on with:
    /// `gone` says that nobody waits any more, or the proxy ends.
    pub fn freeze(&self, time: Option<Duration>, gone: impl Fn() -> bool) -> bool {
        let until = time.map(|time| Instant::now() + time);
        let mut state = self.lock();
        let thaws = state.thaws;
        while state.thaws == thaws && !state.ended && until.is_none_or(|until| Instant::now() < until) {
            if gone() {
                return false;
            }
            let left = until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
            // Looks up now and then, because a peer that leaves rings no bell here.
            state = self.changed.wait_timeout(state, left.min(Duration::from_millis(20))).unwrap().0;
        }
        !state.ended && !gone()
    }

    pub fn thaw(&self) {
        self.lock().thaws += 1;
        self.changed.notify_all();
    }

    pub fn cut_all(&self) {
        for (_, ends) in self.lock().open.drain(..) {
            ends.close();
        }
        self.thaw();
    }

    pub fn refuse_for(&self, time: Duration) {
        self.lock().refuse_until = Some(Instant::now() + time);
    }

    pub fn refuses(&self) -> bool {
        self.lock().refuse_until.is_some_and(|until| Instant::now() < until)
    }

    pub fn wait_until_open(&self) {
        while self.refuses() && !self.ended() {
            let state = self.lock();
            drop(self.changed.wait_timeout(state, Duration::from_millis(5)));
        }
    }

    pub fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    pub fn ended(&self) -> bool {
        self.lock().ended
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}
