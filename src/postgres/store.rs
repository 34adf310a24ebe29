//! The store that commits batches to PostgreSQL: what is tried, and what happens when a try fails.

use std::collections::HashSet;

use ::postgres::types::{ToSql, Type};
use ::postgres::{Client, Error};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::batch_columns::{Claims, Days, Fresh, Refused, Rows, Sealings, fresh_logins};
use super::database_error::{Fault, classify, explain, printable};
use super::earlier_rejects::EarlierRejects;
use super::ledger_time::ledger_time;
use super::one_by_one::{self, Manner};
use super::prune::PruneBounds;
use super::schema::Tables;
use super::session::{Connection, Session, Unsure};
use super::statements::Statements;
use super::transaction::{Claimed, Relies, claim, commit, forget_rejects, insert, insert_sealed};
use super::{by_savepoints, prune, runs};
use crate::batch::{Batch, Delivery};
use crate::failure::Failure;
use crate::reject::Class;
use crate::store::{Committed, Ledger, Outcome, PastRun, RunRecord, Store};
use crate::verdict::{LoginRow, Verdict};

/// Rows of one statement that inserts them one by one: a slow table gets the time limit of a statement for each.
const AT_ONCE: usize = 100;

const NOT_STORED: &str = "could not store a batch in PostgreSQL";

/// What the store needs to know of the run.
pub struct RunFacts {
    /// What is stored as `create_date`.
    pub days: Days,
    /// The queue is a FIFO queue.
    pub fifo: bool,
    /// Triggers or rules of the table store rows elsewhere: fewer stored than sent is no fault.
    pub table_routes_rows: bool,
    /// How long sealed values are kept.
    pub seal_days: u16,
}

pub struct PostgresStore {
    session: Session,
    statements: Statements,
    facts: RunFacts,
    tables: Tables,
    earlier_rejects: EarlierRejects,
    way: Way,
    /// Tries of the batch that a trouble of the server has ended while it inserted.
    interrupted: u32,
    /// The newest row that was stored in this run.
    witness: Option<(LoginRow, Date)>,
    sent: Sent,
    last_try_failed: bool,
    retries: u64,
}

impl PostgresStore {
    /// `tables` is what the judgement of the schema has found.
    pub fn new(session: Session, tables: Tables, facts: RunFacts) -> PostgresStore {
        let statements = Statements::new(&tables.schema, tables.version);
        PostgresStore {
            session,
            statements,
            facts,
            tables,
            earlier_rejects: EarlierRejects::default(),
            way: Way::AtOnce,
            interrupted: 0,
            witness: None,
            sent: Sent::default(),
            last_try_failed: false,
            retries: 0,
        }
    }

    /// Batches tried again until now.
    pub fn retries(&self) -> u64 {
        self.retries
    }

    /// The table of the logins with its schema, as a person may read it.
    pub fn table(&self) -> String {
        format!("{}.user_logins", printable(&self.tables.schema))
    }

    /// Lets go of the connection; the next step opens another.
    pub fn disconnect(&mut self) {
        self.session.close();
    }

    /// Best effort: a failure takes nothing from what was drained.
    pub fn prune(&mut self, bounds: &PruneBounds<'_>) {
        if let Ok(mut connection) = self.session.open() {
            let (schema, seal_days) = (&self.tables.schema, self.facts.seal_days);
            let _ = prune::prune(&mut connection, &self.statements, schema, seal_days, bounds);
        }
    }

    /// Writes the row of a run that has ended.
    pub fn record_run(&mut self, run: &RunRecord) -> Result<(), Failure> {
        self.session.run("recording the run", "could not record the run", |client| {
            runs::record(client, &self.statements, run).map(drop)
        })
    }

    /// What the newest runs on this queue found, newest first, until they stand for `messages`.
    pub fn newest_runs(&mut self, queue: &str, messages: u64) -> Result<Vec<PastRun>, Failure> {
        self.session.run("reading the runs", "could not read the runs", |client| {
            runs::newest(client, &self.statements, queue, messages)
        })
    }

    /// Those of the ids that a statement answers with.
    fn of_these(
        &mut self,
        ids: &[Uuid],
        sql: &str,
        step: &'static str,
        deed: &str,
    ) -> Result<HashSet<Uuid>, Failure> {
        self.session.run(step, deed, |client| {
            let rows = client.query_typed(sql, &[(&ids, Type::UUID_ARRAY)])?;
            rows.iter().map(|row| row.try_get(0)).collect()
        })
    }

    /// One try, four round trips where all goes well; every error ends it before COMMIT.
    fn try_once(&mut self, batch: &Batch, refused: &Refused) -> Result<Tried, Broken> {
        let claims = Claims::new(batch, refused, self.facts.fifo);
        let maybe_recorded = self.earlier_rejects.among(&claims.ids);
        let mut connection = self.session.open().map_err(Broken::NotConnected)?;
        connection.begin(self.tables.day).map_err(Broken::Failed)?;
        let claimed = connection.run("claiming messages", |client| {
            claim(client, &self.statements, &claims, &maybe_recorded, batch.is_second_try())
        });
        let claimed = claimed.map_err(Broken::Failed)?;
        let fresh = fresh_logins(batch, &claimed.logins, &self.tables.unique_key, self.facts.days);
        if self.way == Way::AtOnce && !batch.is_second_try() {
            insert_at_once(&mut connection, &self.statements, &fresh, &self.facts)?;
        } else {
            let manner = Manner {
                version: self.tables.version,
                table_routes_rows: self.facts.table_routes_rows,
                known_refused: batch.is_second_try(),
                has_plpgsql: self.tables.has_plpgsql,
                reads_escapes: self.tables.reads_escapes,
            };
            let insert = if self.tables.has_plpgsql { one_by_one::insert } else { by_savepoints::insert };
            let some_at_once = |some: &[Fresh<'_>]| {
                connection.run("inserting rows one by one", |client| {
                    insert(client, &self.statements, some, &manner)
                })
            };
            let found: Result<Refused, Error> = match self.way {
                Way::Apart => {
                    let witness = self.witness.as_ref().map(|(row, day)| (Uuid::nil(), row, *day));
                    by_savepoints::insert_apart(&mut connection, &self.statements, &fresh, &manner, witness)
                }
                _ => fresh
                    .chunks(AT_ONCE)
                    .map(some_at_once)
                    .try_fold(Refused::new(), |all, found| Ok(all.into_iter().chain(found?).collect())),
            };
            let refused = found.map_err(|error| Broken::Inserting(Some(error)))?;
            if !refused.is_empty() {
                return Ok(Tried::Refused(refused));
            }
        }
        let sealed = Sealings::new(&fresh);
        if !sealed.ids.is_empty() {
            let written = connection
                .run("inserting sealed values", |client| insert_sealed(client, &self.statements, &sealed));
            written.map_err(Broken::Failed)?;
        }
        let stored = stored_at_last(&claimed, batch.is_second_try());
        if !stored.is_empty() {
            let forgotten = connection.run("forgetting rejects that are stored", |client| {
                forget_rejects(client, &self.statements, &stored)
            });
            forgotten.map_err(Broken::Failed)?;
        }
        self.sent.remember(&claimed);
        let relies = relies(&claims, &claimed);
        connection.commit(|client| commit(client, relies)).map_err(|unsure| match unsure {
            Unsure::Failed(error) => Broken::Inserting(Some(error)),
            Unsure::NotWaitedFor => Broken::NotWaitedFor,
        })?;
        self.earlier_rejects.add(&claims.reject_ids);
        self.witness = fresh.last().map(|(_, row, day)| ((*row).clone(), *day)).or(self.witness.take());
        Ok(Tried::Committed(outcomes(batch, refused, &claimed, &mut self.sent)))
    }

    /// What to do after a failed try: `Ok` means try again at once.
    fn after(&mut self, broken: Broken) -> Result<(), Failure> {
        let failure = match &broken {
            Broken::NotConnected(failure) => failure.clone(),
            Broken::Inserting(error) if self.looks_closer(error.as_ref()) => return Ok(()),
            Broken::Inserting(Some(error)) | Broken::Failed(error) => {
                explain(error, self.session.place(), NOT_STORED)
            }
            Broken::Inserting(None) => Failure::lasting(format!("{NOT_STORED}: {FEWER}")),
            Broken::NotWaitedFor => Failure::temporary(format!("{NOT_STORED}: {NOT_WAITED_FOR}")),
        };
        if failure.is_temporary() {
            self.session.close();
        }
        Err(failure)
    }

    /// How the rows are to be inserted next; whether at once.
    fn looks_closer(&mut self, error: Option<&Error>) -> bool {
        let is_trouble = error.is_some_and(is_temporary);
        self.interrupted += u32::from(is_trouble && error.is_some_and(|error| error.code().is_some()));
        let closer = match self.way {
            _ if is_trouble && self.interrupted < ENOUGH_TROUBLE => return false,
            Way::AtOnce if !is_trouble => Way::OneByOne,
            _ => Way::Apart,
        };
        // What may pass by itself is waited for first.
        std::mem::replace(&mut self.way, closer) != closer && !is_trouble
    }

    fn commit_succeeded(&mut self) {
        self.last_try_failed = false;
        self.interrupted = 0;
        self.way = self.way.min(Way::OneByOne);
    }
}

/// How rows are inserted: each way is slower than the one before, and finds more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// All in one statement.
    AtOnce,
    /// Since a row was refused: what fails is caught inside the server.
    OneByOne,
    /// Each row in a statement of its own, which holds whatever it fails with against it: for the rest of a batch.
    Apart,
}

/// A trouble of the server that ends the insert so often may be one row's: a trigger of the table may raise any code,
/// wait for a lock, or never end.
const ENOUGH_TROUBLE: u32 = 2;

const FEWER: &str = "the server says that it stored fewer rows than were sent";
const NOT_WAITED_FOR: &str = "the server gave up waiting for its synchronous standby; nothing is lost, the next run \
                              goes on";

/// What one try came to.
enum Tried {
    Committed(Vec<Outcome>),
    /// These logins are at fault. The transaction is to be rolled back, and the others tried without them.
    Refused(Refused),
}

/// Why a try came to nothing, or to nothing that is known.
enum Broken {
    NotConnected(Failure),
    Failed(Error),
    /// The insert failed, or the COMMIT that checks it, or the server stored fewer rows than were sent: one of the
    /// rows may be at fault.
    Inserting(Option<Error>),
    /// Committed, but on this server alone.
    NotWaitedFor,
}

fn is_temporary(error: &Error) -> bool {
    classify(error) == Fault::Temporary
}

impl Store for PostgresStore {
    fn commit(&mut self, batch: &Batch) -> Result<Committed, Failure> {
        self.retries += u64::from(self.last_try_failed);
        self.last_try_failed = true;
        if !self.earlier_rejects.is_read() {
            let statements = &self.statements;
            let read = |client: &mut Client| EarlierRejects::read(client, statements);
            self.earlier_rejects =
                self.session.run("reading the rejects", "could not read the rejects", read)?;
        }
        let mut refused = Refused::new();
        loop {
            match self.try_once(batch, &refused) {
                Ok(Tried::Committed(outcomes)) => {
                    self.commit_succeeded();
                    return Ok(Committed::new(outcomes));
                }
                Ok(Tried::Refused(more)) => {
                    self.way = self.way.max(Way::OneByOne);
                    self.session.roll_back();
                    refused.extend(more);
                }
                Err(broken) => {
                    self.session.roll_back();
                    self.after(broken)?;
                }
            }
        }
    }

    fn answers(&mut self) -> Result<(), Failure> {
        let answered =
            self.session.open()?.run("asking whether it answers", |client| client.batch_execute(""));
        answered.map_err(|error| {
            self.session.close();
            explain(&error, self.session.place(), NOT_STORED)
        })
    }
}

fn insert_at_once(
    connection: &mut Connection<'_>,
    statements: &Statements,
    fresh: &[Fresh<'_>],
    facts: &RunFacts,
) -> Result<(), Broken> {
    if fresh.is_empty() {
        return Ok(());
    }
    let rows = Rows::new(fresh);
    let stored = connection.run("inserting rows", |client| insert(client, statements, &rows));
    match stored {
        Ok(stored) if facts.table_routes_rows || stored == fresh.len() as u64 => Ok(()),
        Ok(_) => Err(Broken::Inserting(None)),
        Err(error) => Err(Broken::Inserting(Some(error))),
    }
}

/// Logins of this commit that an earlier one recorded as rejects.
fn stored_at_last(claimed: &Claimed, second_try: bool) -> Vec<Uuid> {
    let is_stored = |class: &Class| *class == Class::Rogue || second_try;
    claimed.recorded.iter().filter(|(_, class)| is_stored(class)).map(|(id, _)| *id).collect()
}

/// A batch that finds what another commit has written is as durable as that one.
fn relies(claims: &Claims, claimed: &Claimed) -> Relies {
    let wrote_all =
        claims.ids.len() == claimed.logins.len() && claims.reject_ids.len() == claimed.rejects.len();
    if wrote_all { Relies::OnItself } else { Relies::OnEarlierCommits }
}

/// What was written by tries whose COMMIT may have been lost on the way, or only its answer.
/// If the next try finds it there, it was this run that put it there.
#[derive(Default)]
struct Sent {
    logins: HashSet<Uuid>,
    rejects: HashSet<Uuid>,
}

impl Sent {
    fn remember(&mut self, claimed: &Claimed) {
        self.logins.extend(&claimed.logins);
        self.rejects.extend(&claimed.rejects);
    }
}

/// Each message that was sent counts once: a second delivery of it in the same batch is a duplicate, or a known reject.
fn outcomes(batch: &Batch, refused: &Refused, claimed: &Claimed, sent: &mut Sent) -> Vec<Outcome> {
    let outcome = |Delivery { id, verdict, .. }: &Delivery| {
        let rejection = match verdict {
            Verdict::Reject(reject) => Some(&reject.rejection),
            Verdict::Login(_) => refused.get(&id.key),
        };
        if let Some(rejection) = rejection {
            let known = !sent.rejects.remove(&id.key);
            return Outcome::Rejected { rejection: rejection.clone(), known };
        }
        // Before anything that was sent is asked for: a try whose COMMIT was lost has not stored what is refused still.
        if !batch.is_second_try() && claimed.recorded.get(&id.key) == Some(&Class::Refused) {
            return Outcome::Deferred;
        }
        match sent.logins.remove(&id.key) {
            true => Outcome::Inserted,
            false => Outcome::Duplicate,
        }
    };
    batch.deliveries().iter().map(outcome).collect()
}

impl Ledger for PostgresStore {
    fn known(&mut self, messages: &[(Uuid, Option<OffsetDateTime>)]) -> Result<HashSet<Uuid>, Failure> {
        let key = |(id, sent_at): &(Uuid, _)| (*id, ledger_time(*sent_at, self.facts.fifo));
        let (ids, sent_at): (Vec<Uuid>, Vec<OffsetDateTime>) = messages.iter().map(key).unzip();
        self.session.run("reading the ledger", "could not read the ledger", |client| {
            let parameters: [(&(dyn ToSql + Sync), Type); 2] =
                [(&ids, Type::UUID_ARRAY), (&sent_at, Type::TIMESTAMPTZ_ARRAY)];
            let rows = client.query_typed(&self.statements.known, &parameters)?;
            rows.iter().map(|row| row.try_get(0)).collect()
        })
    }

    fn recorded(&mut self, ids: &[Uuid]) -> Result<HashSet<Uuid>, Failure> {
        let sql = self.statements.recorded.clone();
        self.of_these(ids, &sql, "reading the rejects", "could not read the rejects")
    }

    fn answers(&mut self) -> Result<(), Failure> {
        Store::answers(self)
    }
}
