//! The test proxy in front of PostgreSQL: it reads the wire protocol and breaks it where told. Plain TCP only:
//! it declines TLS.
//!
//! ```ignore
//! let proxy = Proxy::start("127.0.0.1", 5432);
//! proxy.on(Trigger::Sql("COMMIT"), Cut::AfterReply, 1);
//! // ... run the program against port proxy.port() ...
//! assert_eq!(proxy.statistics().strikes, 1);
//! ```

mod frame;
mod gate;
mod link;
mod script;
#[cfg(test)]
mod tests;

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub use script::{Cut, Statistics, Trigger};

use gate::Gate;
use script::Script;

/// A running proxy; it ends when dropped, and its connections with it.
pub struct Proxy {
    port: u16,
    script: Arc<Script>,
    gate: Arc<Gate>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Listens on a free port of 127.0.0.1 and connects to the upstream once per client.
    pub fn start(upstream_host: &str, upstream_port: u16) -> Proxy {
        let socket = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let port = socket.local_addr().expect("a bound socket has an address").port();
        let (script, gate) = (Arc::new(Script::default()), Arc::new(Gate::default()));
        let upstream = (upstream_host.to_string(), upstream_port);
        let (for_thread, at_gate) = (script.clone(), gate.clone());
        let thread = thread::spawn(move || accept(socket, port, &upstream, &for_thread, &at_gate));
        Proxy { port, script, gate, thread: Some(thread) }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Makes the next `times` messages that fit the trigger meet the cut. Earlier rules go first.
    pub fn on(&self, trigger: Trigger, cut: Cut, times: usize) {
        self.script.add(trigger, cut, 0, times);
    }

    /// Like `on`, for the `nth` fitting message from now only, counted from 1.
    pub fn on_nth(&self, trigger: Trigger, cut: Cut, nth: usize) {
        self.script.add(trigger, cut, nth.saturating_sub(1), 1);
    }

    /// Strikes from the `nth` time on, until it is cleared.
    pub fn on_nth_and_later(&self, trigger: Trigger, cut: Cut, nth: usize) {
        self.script.add(trigger, cut, nth - 1, usize::MAX);
    }

    /// Forgets all rules; what is frozen stays frozen.
    pub fn clear(&self) {
        self.script.clear();
    }

    /// Delays each round trip (a simple query, or a Sync) from now on.
    pub fn set_delay(&self, delay: Duration) {
        self.script.set_delay(delay);
    }

    /// Closes the port for this long: new connections are refused, old ones go on.
    pub fn refuse_for(&self, time: Duration) {
        self.gate.refuse_for(time);
        self.knock();
    }

    /// Cuts every connection now, as a failover does.
    pub fn cut_all(&self) {
        self.gate.cut_all();
    }

    /// Lets everything frozen go on.
    pub fn thaw(&self) {
        self.gate.thaw();
    }

    /// True when no connection is open.
    pub fn is_idle(&self) -> bool {
        self.gate.is_empty()
    }

    pub fn statistics(&self) -> Statistics {
        self.script.statistics()
    }

    /// Wakes the accept, so that it looks at the gate.
    fn knock(&self) {
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.gate.end();
        self.knock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.gate.cut_all();
    }
}

fn accept(socket: TcpListener, port: u16, upstream: &(String, u16), script: &Arc<Script>, gate: &Arc<Gate>) {
    let mut socket = Some(socket);
    while !gate.ended() {
        let Some(open) = &socket else {
            socket = TcpListener::bind(("127.0.0.1", port)).ok();
            continue;
        };
        let accepted = open.accept();
        if gate.ended() {
            return;
        }
        if gate.refuses() {
            // A closed port, not an accepted and dropped connection, is what "refused" means.
            socket = None;
            gate.wait_until_open();
            continue;
        }
        if let Ok((client, _)) = accepted {
            let (upstream, script, gate) = (upstream.clone(), script.clone(), gate.clone());
            thread::spawn(move || link::serve(client, &upstream, &script, &gate));
        }
    }
}
