//! The transaction of one batch, statement by statement: claim, insert, commit.

use std::collections::{HashMap, HashSet};

use time::Date;
use tokio_postgres::Error;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::batch_columns::{Claims, Rows, Sealings};
use super::statements::{Statements, VersionColumn};
use crate::libpq::Client;
use crate::reject::{Class, Reason};

const COMMIT: &str = include_str!("../../sql/commit_batch.sql");
const COMMIT_KNOWN: &str = include_str!("../../sql/commit_known.sql");

/// What the ledger and the rejects answer to the claims of a batch.
#[derive(Default)]
pub struct Claimed {
    /// Logins that the ledger did not know: they may be inserted.
    pub logins: HashSet<Uuid>,
    /// Rejects that were not recorded before.
    pub rejects: HashSet<Uuid>,
    /// Logins that were recorded as a reject by an earlier commit.
    pub recorded: HashMap<Uuid, Class>,
}

/// Of `maybe_recorded` alone it is asked whether an earlier commit recorded them as rejects.
/// Refused logins of earlier commits are claimed only where the whole batch is of them.
pub fn claim(
    client: &mut Client,
    statements: &Statements,
    claims: &Claims,
    maybe_recorded: &[Uuid],
    refused_too: bool,
) -> Result<Claimed, Error> {
    let refused = Reason::ALL.into_iter().filter(|reason| reason.class() == Class::Refused);
    let refused: Vec<&str> = refused.map(Reason::code).collect();
    let rows = client.query_typed(
        &statements.claim,
        &[
            (&claims.ids, Type::UUID_ARRAY),
            (&claims.sent_at, Type::TIMESTAMPTZ_ARRAY),
            (&claims.reject_ids, Type::UUID_ARRAY),
            (&claims.reasons, Type::TEXT_ARRAY),
            (&claims.details, Type::TEXT_ARRAY),
            (&claims.bodies, Type::TEXT_ARRAY),
            (&refused, Type::TEXT_ARRAY),
            (&refused_too, Type::BOOL),
            (&maybe_recorded, Type::UUID_ARRAY),
        ],
    )?;
    let mut claimed = Claimed::default();
    for row in rows {
        let id: Uuid = row.try_get("message_id")?;
        match row.try_get("fate")? {
            "claimed" => drop(claimed.logins.insert(id)),
            "recorded" => drop(claimed.rejects.insert(id)),
            "refused" => drop(claimed.recorded.insert(id, Class::Refused)),
            _ => drop(claimed.recorded.insert(id, Class::Rogue)),
        }
    }
    Ok(claimed)
}

/// The number of rows that the server says it stored: fewer than were sent where a trigger or a rule of the
/// table drops some.
pub fn insert(client: &mut Client, statements: &Statements, rows: &Rows<'_>) -> Result<u64, Error> {
    let versions: (&(dyn ToSql + Sync), Type) = match statements.version {
        VersionColumn::Number => (&rows.app_version, Type::INT4_ARRAY),
        VersionColumn::Text => (&rows.version_text, Type::TEXT_ARRAY),
    };
    client.execute_typed(
        &statements.insert,
        &[
            (&rows.user_id, Type::TEXT_ARRAY),
            (&rows.device_type, Type::TEXT_ARRAY),
            (&rows.masked_ip, Type::TEXT_ARRAY),
            (&rows.masked_device_id, Type::TEXT_ARRAY),
            (&rows.locale, Type::TEXT_ARRAY),
            versions,
            (&rows.create_date, Type::DATE_ARRAY),
        ],
    )
}

/// Plans an insert and asks for the rights to it: what fails here is no row's fault.
pub fn explain_insert(client: &mut Client, statements: &Statements) -> Result<(), Error> {
    let (no_texts, no_numbers, no_days) = (Vec::<&str>::new(), Vec::<i32>::new(), Vec::<Date>::new());
    let no_versions: (&(dyn ToSql + Sync), Type) = match statements.version {
        VersionColumn::Number => (&no_numbers, Type::INT4_ARRAY),
        VersionColumn::Text => (&no_texts, Type::TEXT_ARRAY),
    };
    client.query_typed(
        &format!("EXPLAIN {}", statements.insert),
        &[
            (&no_texts, Type::TEXT_ARRAY),
            (&no_texts, Type::TEXT_ARRAY),
            (&no_texts, Type::TEXT_ARRAY),
            (&no_texts, Type::TEXT_ARRAY),
            (&no_texts, Type::TEXT_ARRAY),
            no_versions,
            (&no_days, Type::DATE_ARRAY),
        ],
    )?;
    Ok(())
}

pub fn insert_sealed(
    client: &mut Client,
    statements: &Statements,
    sealed: &Sealings<'_>,
) -> Result<u64, Error> {
    client.execute_typed(
        &statements.insert_sealed,
        &[
            (&sealed.ids, Type::UUID_ARRAY),
            (&sealed.user_ids, Type::TEXT_ARRAY),
            (&sealed.values, Type::BYTEA_ARRAY),
        ],
    )
}

/// Deletes the reject rows of messages that are stored with this commit.
pub fn forget_rejects(client: &mut Client, statements: &Statements, ids: &[Uuid]) -> Result<u64, Error> {
    client.execute_typed(&statements.forget_rejects, &[(&ids, Type::UUID_ARRAY)])
}

/// Whether a batch relies on what an earlier commit wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relies {
    OnItself,
    OnEarlierCommits,
}

pub fn commit(client: &mut Client, relies: Relies) -> Result<(), Error> {
    client.batch_execute(match relies {
        Relies::OnItself => COMMIT,
        Relies::OnEarlierCommits => COMMIT_KNOWN,
    })
}
