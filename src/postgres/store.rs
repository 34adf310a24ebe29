//! The store that commits batches to PostgreSQL: what is tried, and what happens when a try fails.

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use ::postgres::Error;
use ::postgres::types::Type;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::batch_columns::{Claims, Letters, Refused, Rows, fresh_rows};
use super::fault::{self, Fault, classify, explain};
use super::session::{Connection, Session};
use super::transaction::{claim, commit, insert};
use super::{prune, refused_rows};
use crate::batch::{Batch, Delivery};
use crate::failure::Failure;
use crate::store::{Committed, Ledger, Outcome, Store, outcome_of_reject};

const KNOWN: &str = include_str!("../../sql/known_messages.sql");

/// Tries of one batch, each after the first on a new connection.
const TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(200);

const NOT_STORED: &str = "could not store a batch in PostgreSQL";

/// What the store needs to know of the run.
pub struct RunFacts {
    /// The UTC day of the run, stored as `create_date`.
    pub create_date: Date,
    /// Stands in for a message's own time where the queue does not tell it.
    pub started_at: OffsetDateTime,
}

pub struct PostgresStore {
    session: Session,
    facts: RunFacts,
    letters: Letters,
    retries: u64,
}

impl PostgresStore {
    pub fn new(session: Session, facts: RunFacts) -> PostgresStore {
        PostgresStore { session, facts, letters: Letters::All, retries: 0 }
    }

    /// Batches tried again until now.
    pub fn retries(&self) -> u64 {
        self.retries
    }

    /// Best effort: a failure takes nothing from what was drained.
    pub fn prune(&mut self) {
        if let Ok(mut connection) = self.session.open() {
            let _ = prune::prune(&mut connection);
        }
    }

    /// What to do after a failed try: `Ok` means try again.
    fn after_failure(
        &mut self,
        error: &Error,
        batch: &Batch,
        refused: &mut Refused,
        tries: u32,
    ) -> Result<(), Failure> {
        match classify(error) {
            Fault::Values if self.letters == Letters::All && fault::is_of_letters(error) => {
                self.letters = Letters::Ascii;
                Ok(())
            }
            Fault::Values if refused.is_empty() => {
                *refused = self.find_refused(batch, error)?;
                Ok(())
            }
            Fault::Passing if tries < TRIES => {
                self.retries += 1;
                self.session.close();
                thread::sleep(FIRST_PAUSE * 2_u32.pow(tries - 1));
                Ok(())
            }
            _ => Err(explain(error, self.session.place(), NOT_STORED)),
        }
    }

    fn find_refused(&mut self, batch: &Batch, error: &Error) -> Result<Refused, Failure> {
        let found = {
            let without_time = self.facts.started_at;
            let nothing_refused = Refused::new();
            let claims = Claims::new(batch, &nothing_refused, without_time, self.letters);
            refused_rows::find(&mut self.session.open()?, batch, &claims, self.facts.create_date)
        };
        self.session.roll_back();
        let refused = found.map_err(|other| explain(&other, self.session.place(), NOT_STORED))?;
        if refused.is_empty() {
            return Err(explain(error, self.session.place(), NOT_STORED));
        }
        Ok(refused)
    }
}

impl Store for PostgresStore {
    fn commit(&mut self, batch: &Batch) -> Result<Committed, Failure> {
        let mut refused = Refused::new();
        let mut claimed = Claimed::default();
        let mut tries = 0;
        loop {
            tries += 1;
            let connection = self.session.open()?;
            match commit_once(connection, &self.facts, self.letters, batch, &refused, &mut claimed) {
                Ok(outcomes) => return Ok(Committed::new(outcomes)),
                Err(error) => {
                    self.session.roll_back();
                    self.after_failure(&error, batch, &mut refused, tries)?;
                }
            }
        }
    }
}

/// One try: four round trips, every error ends it before COMMIT.
fn commit_once(
    mut connection: Connection<'_>,
    facts: &RunFacts,
    letters: Letters,
    batch: &Batch,
    refused: &Refused,
    claimed: &mut Claimed,
) -> Result<Vec<Outcome>, Error> {
    let claims = Claims::new(batch, refused, facts.started_at, letters);
    connection.begin()?;
    let fresh = connection.run("claiming messages", |client| claim(client, &claims))?;
    let fresh_rows = fresh_rows(batch, refused, fresh.clone());
    let rows = Rows::new(fresh_rows.iter().map(|(_, row)| *row));
    if !rows.is_empty() {
        connection.run("inserting rows", |client| insert(client, &rows, facts.create_date))?;
    }
    claimed.remember(&fresh);
    connection.run("committing a batch", commit)?;
    Ok(outcomes(batch, refused, claimed.take()))
}

/// Messages claimed by a try whose COMMIT may have been lost on the way, or only its answer.
/// If the next try finds them in the ledger, it was this run that put them there.
#[derive(Default)]
struct Claimed(HashSet<Uuid>);

impl Claimed {
    fn remember(&mut self, fresh: &HashSet<Uuid>) {
        self.0.extend(fresh);
    }

    fn take(&mut self) -> HashSet<Uuid> {
        std::mem::take(&mut self.0)
    }
}

/// Each id in `fresh` counts once: a second delivery of it in the same batch is a duplicate.
fn outcomes(batch: &Batch, refused: &Refused, mut fresh: HashSet<Uuid>) -> Vec<Outcome> {
    let outcome = |(place, delivery): (usize, &Delivery)| {
        if let Some(rejection) = refused.get(&place) {
            return Outcome::Rejected { rejection: rejection.clone(), known: false };
        }
        outcome_of_reject(&delivery.verdict).unwrap_or_else(|| match fresh.remove(&delivery.id.key) {
            true => Outcome::Inserted,
            false => Outcome::Duplicate,
        })
    };
    batch.deliveries().iter().enumerate().map(outcome).collect()
}

impl Ledger for PostgresStore {
    fn known(&mut self, ids: &[Uuid]) -> Result<HashSet<Uuid>, Failure> {
        let found = self.session.open()?.run("reading the ledger", |client| {
            let rows = client.query_typed(KNOWN, &[(&ids, Type::UUID_ARRAY)])?;
            rows.iter().map(|row| row.try_get(0)).collect()
        });
        found.map_err(|error| explain(&error, self.session.place(), "could not read the ledger"))
    }
}
