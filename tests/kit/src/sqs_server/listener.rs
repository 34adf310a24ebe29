//! The listening socket and one thread per connection, from start to a clean end.

use std::collections::HashMap;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::Options;
use super::connection::Connection;
use super::shared::Shared;

/// Second handles of all open sockets, to shut them down with the server.
type Open = Arc<Mutex<HashMap<u64, TcpStream>>>;

pub struct Listener {
    port: u16,
    shared: Arc<Shared>,
    open: Open,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    pub fn start(options: Options) -> (Listener, Arc<Shared>) {
        let socket = TcpListener::bind(("127.0.0.1", options.port)).expect("the port is free");
        let port = socket.local_addr().expect("a bound socket has an address").port();
        let shared = Arc::new(Shared::new(options, format!("http://127.0.0.1:{port}")));
        let open = Open::default();
        let (for_thread, open_for_thread) = (shared.clone(), open.clone());
        let thread = thread::spawn(move || accept(&socket, &for_thread, &open_for_thread));
        (Listener { port, shared: shared.clone(), open, thread: Some(thread) }, shared)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends every connection, as a server does that has long forgotten them.
    pub fn cut_all(&self) {
        for stream in self.open.lock().unwrap().values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Listener {
    /// Connection threads are left to end on their own: their sockets are shut, their sleeps are over.
    fn drop(&mut self) {
        self.shared.end();
        // Wakes the accept.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.cut_all();
    }
}

fn accept(socket: &TcpListener, shared: &Arc<Shared>, open: &Open) {
    for (number, stream) in (0..).zip(socket.incoming()) {
        if shared.stop.load(Ordering::Relaxed) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let Ok(second) = stream.try_clone() else { continue };
        open.lock().unwrap().insert(number, second);
        let (shared, open) = (shared.clone(), open.clone());
        thread::spawn(move || {
            Connection::new(stream, shared).serve();
            open.lock().unwrap().remove(&number);
        });
    }
}
