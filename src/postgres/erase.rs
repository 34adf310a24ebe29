//! The erasure of users: all their rows, from every table that names them, in transactions of bounded size.

use std::collections::{BTreeSet, HashMap};

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use super::database_error::explain;
use super::schema;
use super::session::{Day, Session, Unsure};
use super::statements::quoted;
use super::transaction::{Relies, commit};
use crate::failure::Failure;
use crate::libpq::Client;

const BEGIN: &str = include_str!("../../sql/begin_inquiry.sql");
const TABLES: &str = include_str!("../../sql/tables_of_users.sql");
const LOGGED: &str = include_str!("../../sql/logged_parameters.sql");
const ERASE: &str = include_str!("../../sql/erase_users.sql");
const COUNT: &str = include_str!("../../sql/count_users.sql");

/// Whatever names a user. The other tables of ours hold nothing of one.
const NAMES: [&str; 2] = ["user_logins", "login_drain_sealed"];

/// Users that one statement asks for.
const USERS_AT_ONCE: usize = 5_000;
/// Rows that one transaction deletes at the most, where an index finds them.
const MOST_ROWS: u64 = 10_000;
/// Pages that one transaction reads at the most, where no index does: 64 MiB in pages of the usual size.
const MOST_PAGES: i64 = 8_192;
/// Behind the last page of any table.
const LAST_PAGE: i64 = 4_294_967_295;

/// How a table can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Search {
    ByIndex,
    /// From end to end, so many pages at once.
    ByPages {
        all: i64,
        at_once: i64,
    },
    /// In one statement: a view, or a server that reads no ranges of pages.
    Whole,
}

struct Table {
    name: String,
    /// With its schema, as SQL reads it.
    full: String,
    partitioned: bool,
    search: Search,
}

/// What was found of the users, and what became of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erasure {
    pub tables: Vec<ErasedTable>,
    /// The users of whom there was a row, by their place in the list, from 0.
    pub found: BTreeSet<usize>,
    /// Somebody stopped it before its end.
    pub stopped: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasedTable {
    pub name: String,
    pub erased: u64,
    /// Rows that are there at the end, in a dry run all of them. `None` where it did not come to the counting.
    pub left: Option<u64>,
}

impl Erasure {
    pub fn erased(&self) -> u64 {
        self.tables.iter().map(|table| table.erased).sum()
    }

    pub fn left(&self) -> u64 {
        self.tables.iter().filter_map(|table| table.left).sum()
    }

    fn of(&mut self, name: &str) -> Option<&mut ErasedTable> {
        self.tables.iter_mut().find(|table| table.name == name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Erase,
    Count,
}

/// The tables that name users, found and ready to be searched.
pub struct Eraser {
    session: Session,
    tables: Vec<Table>,
    /// What should be known before anything is erased, one sentence each.
    pub warnings: Vec<String>,
}

impl Eraser {
    pub fn new(mut session: Session) -> Result<Eraser, Failure> {
        let found = session.run("looking at the tables", "could not look at the tables", |client| {
            client.batch_execute(BEGIN)?;
            let found = look(client)?;
            client.batch_execute("ROLLBACK")?;
            Ok(found)
        })?;
        match found {
            Ok(Found { tables, warnings }) => Ok(Eraser { session, tables, warnings }),
            Err(text) => Err(Failure::lasting(format!("{text} (at {})", session.place()))),
        }
    }

    /// The server and database, without secrets.
    pub fn place(&self) -> &str {
        self.session.place()
    }

    /// Deletes, and then counts what is left. Each step is committed by itself, and `erasure` holds what was done
    /// also where a later step fails: all of it may be done again.
    pub fn erase(
        &mut self,
        user_ids: &[String],
        should_stop: &dyn Fn() -> bool,
        erasure: &mut Erasure,
    ) -> Result<(), Failure> {
        self.go_through(Deed::Erase, user_ids, should_stop, erasure)?;
        self.count(user_ids, should_stop, erasure)
    }

    /// Changes nothing.
    pub fn count(
        &mut self,
        user_ids: &[String],
        should_stop: &dyn Fn() -> bool,
        erasure: &mut Erasure,
    ) -> Result<(), Failure> {
        self.go_through(Deed::Count, user_ids, should_stop, erasure)
    }

    fn go_through(
        &mut self,
        deed: Deed,
        user_ids: &[String],
        should_stop: &dyn Fn() -> bool,
        erasure: &mut Erasure,
    ) -> Result<(), Failure> {
        let places: HashMap<&str, usize> = user_ids.iter().map(String::as_str).zip(0..).collect();
        for table in &self.tables {
            let mut rows = 0;
            for ids in user_ids.chunks(USERS_AT_ONCE) {
                let mut from_page = Some(0);
                while let Some(page) = from_page {
                    if should_stop() || erasure.stopped {
                        erasure.stopped = true;
                        return Ok(());
                    }
                    let found = step(&mut self.session, table, deed, ids, page)?;
                    let sum = found.iter().map(|(_, rows)| rows).sum();
                    rows += sum;
                    erasure.found.extend(found.iter().filter_map(|(id, _)| places.get(id.as_str())));
                    erasure.note(&table.name, deed, rows);
                    from_page = table.next_page(deed, page, sum);
                }
            }
        }
        Ok(())
    }
}

impl Erasure {
    fn note(&mut self, name: &str, deed: Deed, rows: u64) {
        if self.of(name).is_none() {
            self.tables.push(ErasedTable { name: name.to_owned(), erased: 0, left: None });
        }
        if let Some(table) = self.of(name) {
            match deed {
                Deed::Erase => table.erased = rows,
                Deed::Count => table.left = Some(rows),
            }
        }
    }
}

/// One statement in one transaction: how many rows of each user it met.
fn step(
    session: &mut Session,
    table: &Table,
    deed: Deed,
    ids: &[String],
    page: i64,
) -> Result<Vec<(String, u64)>, Failure> {
    let sql = match deed {
        Deed::Erase => ERASE,
        Deed::Count => COUNT,
    };
    let sql = sql.replace("{within}", &table.within(deed, page)).replace("{table}", &table.full);
    let outcome = one_transaction(session, &sql, ids)?;
    outcome.map_err(|unsure| {
        session.roll_back();
        match unsure {
            Unsure::Failed(error) => not_erased(&error, session.place(), table),
            Unsure::NotWaitedFor => Failure::temporary(
                "the server gave up waiting for its synchronous standby: run this again, which is safe",
            ),
        }
    })
}

type Outcome<T> = Result<Result<T, Unsure>, Failure>;

fn one_transaction(session: &mut Session, sql: &str, ids: &[String]) -> Outcome<Vec<(String, u64)>> {
    let mut connection = session.open()?;
    let found = connection.begin(Day::Plain).and_then(|()| {
        connection.run("searching for users", |client| {
            // A policy that hides rows from this role makes the statement fail, instead of leaving them.
            client.batch_execute("SET LOCAL row_security = off")?;
            let rows = client.query_typed(sql, &[(&ids, Type::TEXT_ARRAY)])?;
            rows.iter().map(|row| Ok((row.try_get(0)?, count(row.try_get(1)?)))).collect()
        })
    });
    Ok(match found {
        Ok(found) => connection.commit(|client| commit(client, Relies::OnItself)).map(|()| found),
        Err(error) => Err(Unsure::Failed(error)),
    })
}

fn count(whole: i64) -> u64 {
    u64::try_from(whole).unwrap_or_default()
}

impl Table {
    /// The part of a statement that keeps its transaction small.
    fn within(&self, deed: Deed, page: i64) -> String {
        let full = &self.full;
        match (self.search, deed) {
            (Search::Whole, _) | (Search::ByIndex, Deed::Count) => String::new(),
            (Search::ByIndex, Deed::Erase) => format!(
                "AND ROW(held.tableoid, held.ctid) OPERATOR(pg_catalog.=) ANY (
                    SELECT tableoid, ctid FROM {full} WHERE user_id OPERATOR(pg_catalog.=) ANY ($1) LIMIT {MOST_ROWS})"
            ),
            (Search::ByPages { .. }, _) => {
                let end = self.next_page(deed, page, 0).unwrap_or(LAST_PAGE);
                format!(
                    "AND held.ctid OPERATOR(pg_catalog.>=) '({page},0)'::pg_catalog.tid
                     AND held.ctid OPERATOR(pg_catalog.<) '({end},0)'::pg_catalog.tid"
                )
            }
        }
    }

    /// Where the next step begins, after one that met so many rows.
    fn next_page(&self, deed: Deed, page: i64, rows: u64) -> Option<i64> {
        match self.search {
            Search::Whole => None,
            Search::ByIndex => (deed == Deed::Erase && rows > 0).then_some(page),
            Search::ByPages { all, at_once } => Some(page + at_once).filter(|next| *next < all),
        }
    }

    /// What to say of a table that must be read from end to end, with what makes that unnecessary.
    fn slow(&self) -> Option<String> {
        // A table this small is read in no time.
        let Search::ByPages { all, .. } = self.search else { return None };
        (all > MOST_PAGES).then(|| {
            let concurrently = if self.partitioned { "" } else { "CONCURRENTLY " };
            format!(
                "no index leads from a user_id to rows of {}, so all of it is read twice; an index makes this quick: \
                 CREATE INDEX {concurrently}ON {} (user_id)",
                self.name, self.full
            )
        })
    }
}

struct Found {
    tables: Vec<Table>,
    warnings: Vec<String>,
}

/// The inner error is what a person must do first.
fn look(client: &mut Client) -> Result<Result<Found, String>, Error> {
    let schema = match schema::find(client)? {
        Ok(schema) => schema,
        Err(text) => return Ok(Err(text)),
    };
    let rows = client.query_typed(TABLES, &[(&schema, Type::TEXT), (&NAMES.as_slice(), Type::TEXT_ARRAY)])?;
    let mut tables = Vec::new();
    for row in rows {
        let name: String = row.try_get("name")?;
        if row.try_get("row_security")? {
            return Ok(Err(format!(
                "row security of {name} hides rows from this user, and what is hidden cannot be erased: run this as \
                 the table's owner, or as a user with BYPASSRLS"
            )));
        }
        let (all, parts): (i64, i64) = (row.try_get("pages")?, row.try_get("parts")?);
        let search = match (row.try_get("indexed")?, row.try_get("has_pages")?) {
            (_, false) => Search::Whole,
            (true, true) => Search::ByIndex,
            // Each range is read in every part.
            (false, true) => Search::ByPages { all, at_once: (MOST_PAGES / parts.max(1)).max(64) },
        };
        let full = format!("{}.{}", quoted(&schema), quoted(&name));
        tables.push(Table { full, name, partitioned: row.try_get("partitioned")?, search });
    }
    let mut warnings: Vec<String> = tables.iter().filter_map(Table::slow).collect();
    let logged: Vec<String> =
        client.query_typed(LOGGED, &[])?.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    if !logged.is_empty() {
        warnings.push(format!(
            "the server may write these user ids into its own log ({}): a superuser can prevent it for this user with \
             ALTER ROLE … SET log_parameter_max_length = 0",
            logged.join(", ")
        ));
    }
    Ok(Ok(Found { tables, warnings }))
}

fn not_erased(error: &Error, place: &str, table: &Table) -> Failure {
    let Table { name, full, .. } = table;
    match error.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Failure::lasting(format!(
            "this user may not erase rows of {name} at {place} (SQLSTATE 42501): run it as login_drain_erase, which \
             sql/operator/grants.sql makes, or as the owner"
        )),
        Some(&SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE) => Failure::lasting(format!(
            "the server deletes no rows of {name} at {place} (SQLSTATE 55000): is it published without a replica \
             identity? ALTER TABLE {full} REPLICA IDENTITY FULL"
        )),
        _ => explain(error, place, &format!("could not erase rows of {name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(search: Search) -> Table {
        Table { name: "t".to_owned(), full: "\"s\".\"t\"".to_owned(), partitioned: false, search }
    }

    #[test]
    fn ranges_of_pages_cover_a_table_and_whatever_grows_behind_it() {
        let table = table(Search::ByPages { all: 25, at_once: 10 });
        let (mut page, mut ranges) = (Some(0), Vec::new());
        while let Some(from) = page {
            let within = table.within(Deed::Erase, from);
            ranges.push(within.split('\'').skip(1).step_by(2).collect::<Vec<_>>().join(" to "));
            page = table.next_page(Deed::Erase, from, 0);
        }
        assert_eq!(ranges, ["(0,0) to (10,0)", "(10,0) to (20,0)", "(20,0) to (4294967295,0)"]);
    }

    #[test]
    fn a_table_with_an_index_is_asked_until_nothing_is_found() {
        let table = table(Search::ByIndex);
        assert_eq!(table.next_page(Deed::Erase, 0, 3), Some(0));
        assert_eq!(table.next_page(Deed::Erase, 0, 0), None);
        assert_eq!(table.next_page(Deed::Count, 0, 3), None);
    }

    #[test]
    fn a_large_table_without_an_index_is_named_with_the_statement_that_makes_one() {
        let slow = |all| table(Search::ByPages { all, at_once: 10 }).slow();
        assert_eq!(slow(MOST_PAGES), None);
        assert!(slow(MOST_PAGES + 1).unwrap().ends_with(r#"CREATE INDEX CONCURRENTLY ON "s"."t" (user_id)"#));
    }
}
