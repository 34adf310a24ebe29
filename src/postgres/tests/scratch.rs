//! A database of a test's own, with a store on it, and batches to put there.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ::postgres::{Client, NoTls, SimpleQueryMessage};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::batch::samples::{delivery, good_body};
use crate::batch::{Batch, Delivery};
use crate::libpq::{Source, Target};
use crate::postgres::schema::{self, Expected, Judged};
use crate::postgres::{Days, Limits, Login, PostgresStore, PruneBounds, RunFacts, Session};
use crate::store::{Outcome, Store};
use crate::watchdog::Watchdog;

/// A schema of the test database, or a database, dropped at the end.
pub struct Scratch {
    server: String,
    name: String,
    whole: bool,
    roles: Vec<String>,
}

impl Scratch {
    fn new(whole: bool) -> Scratch {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var("LOGIN_DRAIN_TEST_DATABASE_URL")
            .expect("this test needs a PostgreSQL server: run scripts/test");
        let name = format!("room_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        Scratch { server, name, whole, roles: Vec::new() }
    }

    fn on_server(&self, sql: &str) -> Result<(), ::postgres::Error> {
        Client::connect(&self.server, NoTls)?.batch_execute(sql)
    }

    /// An empty database, with what `template` says behind its name in CREATE DATABASE.
    pub fn empty(template: &str) -> Scratch {
        let scratch = Scratch::new(true);
        scratch.on_server(&format!("CREATE DATABASE {} {template}", scratch.name)).unwrap();
        scratch
    }

    /// An empty schema, which the URLs lead to.
    fn empty_schema() -> Scratch {
        let scratch = Scratch::new(false);
        scratch.on_server(&format!("CREATE SCHEMA {}", scratch.name)).unwrap();
        scratch
    }

    pub fn schema(&self) -> &str {
        if self.whole { "public" } else { &self.name }
    }

    /// With the tables as init-db makes them, and what `sql` makes of them.
    pub fn with(sql: &str) -> Scratch {
        let scratch = Scratch::empty_schema();
        scratch.init_db();
        scratch.run(sql);
        scratch
    }

    /// With a `user_logins` of somebody else's.
    pub fn around(user_logins: &str) -> Scratch {
        let scratch = Scratch::empty_schema();
        scratch.run(user_logins);
        scratch.init_db();
        scratch
    }

    pub fn init_db(&self) -> Judged {
        schema::create(&mut self.session(&self.url()), expected()).unwrap()
    }

    pub fn judged(&self) -> Judged {
        schema::judge(&mut self.session(&self.url()), expected()).unwrap()
    }

    /// A role that may log in, and the URL with which it does.
    pub fn role(&mut self, name: &str) -> (String, String) {
        let role = format!("{}_{name}", self.name);
        self.run(&format!("CREATE ROLE {role} LOGIN; GRANT USAGE ON SCHEMA {} TO {role}", self.schema()));
        self.roles.push(role.clone());
        let (scheme, rest) = self.url().split_once("://").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let host = rest.split_once('@').map_or(rest.as_str(), |(_, host)| host);
        let url = format!("{scheme}://{role}@{host}");
        (role, url)
    }

    /// The server's URL with the test's own database or schema in it.
    pub fn url(&self) -> String {
        let (front, parameters) = self.server.split_once('?').unwrap_or((&self.server, ""));
        match self.whole {
            true => format!("{}/{}?{parameters}", front.rsplit_once('/').unwrap().0, self.name),
            false => format!("{front}?options=-c%20search_path%3D{}&{parameters}", self.name),
        }
    }

    pub fn session(&self, url: &str) -> Session {
        self.session_within(url, Duration::from_secs(60))
    }

    /// `statement` is what each statement may take.
    fn session_within(&self, url: &str, statement: Duration) -> Session {
        let source =
            Source { database_url: Some(url.to_owned()), environment: &|_| None, application_name: "test" };
        let login = Login { target: Target::resolve(&source).unwrap(), new_password: None };
        let watchdog = Watchdog::start(|step, _| panic!("no answer while {step}"));
        Session::new(login, watchdog, Limits::of(statement))
    }

    pub fn store(&self) -> PostgresStore {
        self.store_as(&self.url())
    }

    pub fn store_as(&self, url: &str) -> PostgresStore {
        self.store_that(url, false)
    }

    pub fn store_that(&self, url: &str, table_routes_rows: bool) -> PostgresStore {
        self.store_with(self.session(url), table_routes_rows, false)
    }

    /// On a FIFO queue or a standard one.
    pub fn store_of(&self, fifo: bool) -> PostgresStore {
        self.store_with(self.session(&self.url()), false, fifo)
    }

    /// One that gives each statement a second.
    pub fn hasty_store(&self) -> PostgresStore {
        self.store_with(self.session_within(&self.url(), Duration::from_secs(1)), false, false)
    }

    fn store_with(&self, mut session: Session, table_routes_rows: bool, fifo: bool) -> PostgresStore {
        let judged = schema::judge(&mut session, expected()).unwrap();
        let tables = judged.tables.unwrap_or_else(|| panic!("{:?}", judged.judgement));
        let facts = RunFacts {
            days: Days { of_run: expected().today, by_sending: false },
            fifo,
            table_routes_rows,
            seal_days: 90,
        };
        PostgresStore::new(session, tables, facts)
    }

    pub fn run(&self, sql: &str) {
        let mut client = Client::connect(&self.url(), NoTls).unwrap();
        client.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    }

    /// Rows, their columns joined by `|`.
    pub fn rows(&self, sql: &str) -> Vec<String> {
        let mut client = Client::connect(&self.url(), NoTls).unwrap();
        let messages = client.simple_query(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let row = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|place| row.get(place).unwrap_or("~")).collect::<Vec<_>>().join("|"))
            }
            _ => None,
        };
        messages.iter().filter_map(row).collect()
    }

    /// Rows of user_logins, the ledger and the rejects.
    pub fn counts(&self) -> [String; 3] {
        ["user_logins", "login_drain_ledger", "login_drain_rejects"]
            .map(|table| self.rows(&format!("SELECT count(*) FROM {table}")).remove(0))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = self.on_server(&match self.whole {
            true => format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name),
            false => {
                format!("SET client_min_messages = warning; DROP SCHEMA IF EXISTS {} CASCADE", self.name)
            }
        });
        for role in &self.roles {
            let _ = self.on_server(&format!("DROP OWNED BY {role}; DROP ROLE IF EXISTS {role}"));
        }
    }
}

/// Deletes all that is old.
pub fn prune(store: &mut PostgresStore) {
    store.prune(&PruneBounds { asked_to_stop: &|| false, rows: u64::MAX, time: Duration::ZERO });
}

/// Noon of the first of July in 2026, by UTC.
pub fn noon() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1782907200).unwrap()
}

pub fn expected() -> Expected {
    Expected { today: noon().date(), mask_width: 64, sealing: false }
}

/// A batch of logins with these numbers, of users of the same numbers.
pub fn logins(numbers: impl IntoIterator<Item = u128>) -> Batch {
    batch(numbers.into_iter().map(|number| delivery(number, &good_body(number))))
}

pub fn batch(deliveries: impl IntoIterator<Item = Delivery>) -> Batch {
    let mut batch = Batch::default();
    deliveries.into_iter().for_each(|delivery| batch.push(delivery));
    batch
}

/// The message with this number, with changes made in its body.
pub fn changed(number: u128, changes: &[(&str, &str)]) -> Delivery {
    let body = changes.iter().fold(good_body(number), |body, (from, to)| {
        assert!(body.contains(from), "{body} has no {from}");
        body.replace(from, to)
    });
    delivery(number, &body)
}

pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// What became of a batch, each outcome as a short word in the order of the batch, and what is to be tried again.
pub fn commit(store: &mut PostgresStore, batch: Batch) -> (Vec<String>, Vec<Delivery>) {
    let committed = store.commit(&batch).unwrap_or_else(|failure| panic!("{failure}"));
    let (settled, deferred) = committed.settle(batch);
    let word = |outcome: &Outcome| match outcome {
        Outcome::Inserted => "inserted".to_owned(),
        Outcome::Duplicate => "duplicate".to_owned(),
        Outcome::Deferred => "deferred".to_owned(),
        Outcome::Rejected { rejection, known } => {
            format!("{}{rejection}", if *known { "known " } else { "" })
        }
    };
    (settled.iter().map(|settled| word(settled.outcome())).collect(), deferred)
}

/// How often each outcome occurs, in alphabetical order.
pub fn tally(outcomes: &[String]) -> Vec<(String, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    outcomes.iter().for_each(|outcome| *counts.entry(outcome.clone()).or_default() += 1);
    counts.into_iter().collect()
}
