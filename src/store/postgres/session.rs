//! Owns the connection of a store: opened when needed, watched while it is used, closed after a fault.
//! Never: what is asked over it, or whether to ask again.

use std::thread;
use std::time::Duration;

use ::postgres::{Client, Error};

use crate::failure::{Failure, FailureKind};
use crate::store::connect::Target;
use crate::watchdog::Watchdog;

/// A step longer than this is mute. The server's own statement timeout (30 s) comes first.
const STEP_LIMIT: Duration = Duration::from_secs(45);
const CONNECT_LIMIT: Duration = Duration::from_secs(30);

/// Tries to connect for the first time: a wrong setting should show soon.
const FIRST_TRIES: u32 = 4;
/// Tries to connect again in the middle of a run: a server may take some seconds to restart.
const LATER_TRIES: u32 = 8;
/// The pause after the first try; each later one is twice as long, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

pub struct Session {
    target: Target,
    place: String,
    watchdog: Watchdog,
    client: Option<Client>,
    tries: u32,
    new_password: Option<NewPassword>,
}

/// Makes a password for host, port and user, where it lives too short to be a setting.
pub type NewPassword = Box<dyn Fn(&str, u16, &str) -> Result<String, Failure> + Send>;

impl Session {
    pub fn new(target: Target, watchdog: Watchdog, new_password: Option<NewPassword>) -> Session {
        Session { place: target.describe(), target, watchdog, client: None, tries: FIRST_TRIES, new_password }
    }

    /// The server and database, without secrets, for messages.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The live connection, or a new one where there is none.
    pub fn open(&mut self) -> Result<Connection<'_>, Failure> {
        let client = match self.client.take() {
            Some(client) if !client.is_closed() => client,
            _ => self.connect()?,
        };
        self.tries = LATER_TRIES;
        Ok(Connection { client: self.client.insert(client), watchdog: &self.watchdog })
    }

    fn connect(&self) -> Result<Client, Failure> {
        let mut pause = FIRST_PAUSE;
        for _ in 1..self.tries {
            match self.connect_once() {
                Err(failure) if failure.kind == FailureKind::Unreachable => thread::sleep(pause),
                outcome => return outcome,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.connect_once()
    }

    fn connect_once(&self) -> Result<Client, Failure> {
        let _watched = self.watchdog.watch("connecting", CONNECT_LIMIT);
        match &self.new_password {
            Some(make) => self.target.with_passwords(make)?.connect(),
            None => self.target.connect(),
        }
    }

    /// Drops the connection without a word: the server rolls back what was open.
    pub fn close(&mut self) {
        let _watched = self.watchdog.watch("closing a connection", CONNECT_LIMIT);
        self.client = None;
    }

    /// Ends a failed transaction, or the connection where that fails too.
    pub fn roll_back(&mut self) {
        let rolled_back = self.client.as_mut().map(|client| {
            let _watched = self.watchdog.watch("rolling back", STEP_LIMIT);
            client.batch_execute("ROLLBACK")
        });
        if !matches!(rolled_back, Some(Ok(()))) {
            self.close();
        }
    }
}

/// An open connection, each step over it watched.
pub struct Connection<'a> {
    client: &'a mut Client,
    watchdog: &'a Watchdog,
}

impl Connection<'_> {
    pub fn run<T>(
        &mut self,
        step: &'static str,
        work: impl FnOnce(&mut Client) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let _watched = self.watchdog.watch(step, STEP_LIMIT);
        work(self.client)
    }
}
