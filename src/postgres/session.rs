//! The connection of a store: opened when needed, watched while it is used, closed after a fault.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_postgres::Error;

use super::database_error::{Fault, classify, explain};
use crate::failure::{Failure, FailureKind};
use crate::libpq::{self, Client, Target};
use crate::watchdog::Watchdog;

const BEGIN: &str = include_str!("../../sql/begin_batch.sql");

pub struct Session {
    login: Login,
    place: String,
    watchdog: Watchdog,
    limits: Limits,
    client: Option<Client>,
    gave_up_waiting: Arc<AtomicBool>,
}

/// Where to connect, and how to make a password where none is set for good.
#[derive(Clone)]
pub struct Login {
    pub target: Target,
    pub new_password: Option<NewPassword>,
}

/// Makes a password for host, port and user, where it lives too short to be a setting.
pub type NewPassword = Arc<dyn Fn(&str, u16, &str) -> Result<String, Failure> + Send + Sync>;

/// How long the server may take, all from the one number that a user may set.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For one statement, kept by the server itself; also for connecting, which only the watchdog ends.
    statement: Duration,
    /// A step that lasts longer is mute: the server's own limit should have ended it before.
    step: Duration,
}

impl Limits {
    pub fn of(statement: Duration) -> Limits {
        Limits { statement, step: statement * 3 / 2 }
    }
}

impl From<libpq::Error> for Failure {
    fn from(error: libpq::Error) -> Failure {
        let kind = if error.lasting { FailureKind::Lasting } else { FailureKind::Temporary };
        Failure { kind, text: error.text }
    }
}

impl Session {
    pub fn new(mut login: Login, watchdog: Watchdog, limits: Limits) -> Session {
        let gave_up_waiting = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&gave_up_waiting);
        login.target.on_notice(move |notice| {
            if notice.routine() == Some(WAITING_FOR_STANDBY) {
                heard.store(true, Ordering::Relaxed);
            }
        });
        let place = login.target.describe();
        Session { place, login, watchdog, limits, client: None, gave_up_waiting }
    }

    /// The server and database, without secrets, for messages.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The live connection, or a new one where there is none.
    pub fn open(&mut self) -> Result<Connection<'_>, Failure> {
        let client = match self.client.take() {
            Some(client) if !client.is_closed() => client,
            _ => self.connect_once()?,
        };
        Ok(Connection {
            client: self.client.insert(client),
            gave_up_waiting: &self.gave_up_waiting,
            watchdog: &self.watchdog,
            limits: self.limits,
        })
    }

    /// A step that may be done again as a whole: it is, once and at once, where the connection had been cut since it
    /// was used. `deed` is what was not done, as in "could not read the ledger".
    pub fn run<T>(
        &mut self,
        step: &'static str,
        deed: &str,
        mut work: impl FnMut(&mut Client) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let was_open = self.client.is_some();
        match self.run_once(step, deed, &mut work) {
            Err(failure) if was_open && failure.is_temporary() => self.run_once(step, deed, &mut work),
            outcome => outcome,
        }
    }

    fn run_once<T>(
        &mut self,
        step: &'static str,
        deed: &str,
        work: &mut impl FnMut(&mut Client) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let done = self.open()?.run(step, work);
        done.map_err(|error| {
            self.roll_back();
            if classify(&error) == Fault::Temporary {
                self.close();
            }
            explain(&error, &self.place, deed)
        })
    }

    fn connect_once(&self) -> Result<Client, Failure> {
        let _watched = self.watchdog.watch("connecting", self.limits.statement);
        match self.login.new_password.as_deref() {
            Some(make) => Ok(self.login.target.with_passwords(make)?.connect()?),
            None => Ok(self.login.target.connect()?),
        }
    }

    /// Drops the connection without a word: the server rolls back what was open.
    pub fn close(&mut self) {
        let _watched = self.watchdog.watch("closing a connection", self.limits.statement);
        self.client = None;
    }

    /// Ends a failed transaction, or the connection where that fails too.
    pub fn roll_back(&mut self) {
        let rolled_back = self.client.as_mut().map(|client| {
            let _watched = self.watchdog.watch("rolling back", self.limits.step);
            client.batch_execute("ROLLBACK")
        });
        if !matches!(rolled_back, Some(Ok(()))) {
            self.close();
        }
    }
}

/// Why a COMMIT is not known to be safe.
pub enum Unsure {
    Failed(Error),
    /// The wait for a synchronous standby was cancelled, by a person or a time limit.
    NotWaitedFor,
}

/// The part of the server that waits for synchronous standbys, as its warnings name it in every language.
const WAITING_FOR_STANDBY: &str = "SyncRepWaitForLSN";

/// What the server makes of the day of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    Plain,
    /// A point in time: midnight by the transaction's own clock.
    MidnightInUtc,
}

/// An open connection, each step over it watched.
pub struct Connection<'a> {
    client: &'a mut Client,
    gave_up_waiting: &'a AtomicBool,
    watchdog: &'a Watchdog,
    limits: Limits,
}

impl Connection<'_> {
    pub fn run<T>(
        &mut self,
        step: &'static str,
        work: impl FnOnce(&mut Client) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let _watched = self.watchdog.watch(step, self.limits.step);
        work(self.client)
    }

    /// Runs a COMMIT, and doubts it where the server did not wait for what makes it safe.
    pub fn commit(&mut self, work: impl FnOnce(&mut Client) -> Result<(), Error>) -> Result<(), Unsure> {
        self.gave_up_waiting.store(false, Ordering::Relaxed);
        self.run("committing a batch", work).map_err(Unsure::Failed)?;
        match self.gave_up_waiting.load(Ordering::Relaxed) {
            true => Err(Unsure::NotWaitedFor),
            false => Ok(()),
        }
    }

    /// Opens the transaction of a batch. `day` is how the table wants its day.
    pub fn begin(&mut self, day: Day) -> Result<(), Error> {
        let timeout = self.limits.statement.as_millis();
        let zone = match day {
            Day::Plain => "",
            Day::MidnightInUtc => "SET LOCAL TimeZone = 'UTC';",
        };
        let sql = format!("{BEGIN}SET LOCAL statement_timeout = {timeout};{zone}");
        self.run("opening a transaction", |client| client.batch_execute(&sql))
    }
}
