//! The connection of a store: opened when needed, watched while it is used, closed after a fault.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use ::postgres::{Client, Error};
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use super::database_error::{Fault, classify, explain};
use crate::failure::{Failure, FailureKind};
use crate::libpq::{self, Target};
use crate::watchdog::Watchdog;

const BEGIN: &str = include_str!("../../sql/begin_batch.sql");

/// Pauses between tries to connect for the first time: a wrong setting should show soon.
const FIRST_PAUSES: usize = 3;
/// Pauses between tries to connect again in the middle of a run: a server may take some seconds to restart.
const LATER_PAUSES: usize = 7;

pub struct Session {
    login: Login,
    place: String,
    watchdog: Watchdog,
    limits: Limits,
    client: Option<Client>,
    pauses: usize,
    /// Whether a server that is away is waited for.
    patient: bool,
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
        Session {
            place,
            login,
            watchdog,
            limits,
            client: None,
            pauses: FIRST_PAUSES,
            patient: true,
            gave_up_waiting,
        }
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
        self.pauses = LATER_PAUSES;
        Ok(Connection {
            client: self.client.insert(client),
            gave_up_waiting: &self.gave_up_waiting,
            watchdog: &self.watchdog,
            limits: self.limits,
        })
    }

    /// A step that may be done again as a whole: it is, on a new connection, while its failure is temporary.
    /// `deed` is what was not done, as in "could not read the ledger".
    pub fn repeat<T>(
        &mut self,
        step: &'static str,
        deed: &str,
        mut work: impl FnMut(&mut Client) -> Result<T, Error>,
    ) -> Result<T, Failure> {
        let mut pauses = pauses(if self.patient { FIRST_PAUSES } else { 0 });
        loop {
            let error = match self.open()?.run(step, &mut work) {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            self.roll_back();
            match pauses.next() {
                Some(pause) if classify(&error) == Fault::Temporary => {
                    self.close();
                    thread::sleep(pause);
                }
                _ => return Err(explain(&error, &self.place, deed)),
            }
        }
    }

    /// For what is done at the end: it is not worth waiting for a server that is away.
    pub fn wait_no_longer(&mut self) {
        self.patient = false;
    }

    fn connect(&self) -> Result<Client, Failure> {
        for pause in pauses(if self.patient { self.pauses } else { 0 }) {
            match self.connect_once() {
                Err(failure) if failure.kind == FailureKind::Temporary => thread::sleep(pause),
                outcome => return outcome,
            }
        }
        self.connect_once()
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

/// Growing pauses between tries.
fn pauses(times: usize) -> ExponentialBackoff {
    let pauses = ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(250))
        .with_max_delay(Duration::from_secs(3))
        .with_max_times(times);
    pauses.build()
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
