//! The transaction of one batch, statement by statement: claim, insert, commit.

use std::collections::HashSet;

use ::postgres::types::Type;
use ::postgres::{Client, Error};
use time::Date;
use uuid::Uuid;

use super::batch_columns::{Claims, Rows};

const CLAIM: &str = include_str!("../../sql/claim_messages.sql");
const INSERT: &str = include_str!("../../sql/insert_logins.sql");
const COMMIT: &str = include_str!("../../sql/commit_batch.sql");

/// Returns the ids that the ledger did not know.
pub fn claim(client: &mut Client, claims: &Claims<'_>) -> Result<HashSet<Uuid>, Error> {
    let rows = client.query_typed(
        CLAIM,
        &[
            (&claims.ids, Type::UUID_ARRAY),
            (&claims.sent_at, Type::TIMESTAMPTZ_ARRAY),
            (&claims.reject_ids, Type::UUID_ARRAY),
            (&claims.reasons, Type::TEXT_ARRAY),
            (&claims.details, Type::TEXT_ARRAY),
            (&claims.bodies, Type::TEXT_ARRAY),
        ],
    )?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

pub fn insert(client: &mut Client, rows: &Rows<'_>, create_date: Date) -> Result<u64, Error> {
    client.execute_typed(
        INSERT,
        &[
            (&rows.user_id, Type::TEXT_ARRAY),
            (&rows.device_type, Type::TEXT_ARRAY),
            (&rows.masked_ip, Type::TEXT_ARRAY),
            (&rows.masked_device_id, Type::TEXT_ARRAY),
            (&rows.locale, Type::TEXT_ARRAY),
            (&rows.app_version, Type::INT4_ARRAY),
            (&create_date, Type::DATE),
        ],
    )
}

pub fn commit(client: &mut Client) -> Result<(), Error> {
    client.batch_execute(COMMIT)
}
