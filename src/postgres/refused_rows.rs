//! The search for the rows that the database refuses: halves of the batch are tried in a transaction that the
//! caller always rolls back.

use std::collections::HashMap;

use ::postgres::Error;
use time::Date;
use uuid::Uuid;

use super::batch_columns::{Claims, Refused, Rows, fresh_rows};
use super::fault::{self, Fault, classify};
use super::session::Connection;
use super::transaction::{claim, insert};
use crate::batch::{Batch, Delivery};
use crate::reject::Rejection;
use crate::row::LoginRow;
use crate::store::refused_by_database;

/// Constraints that are checked at COMMIT must show themselves in the search.
const CHECK_AT_ONCE: &str = "SET CONSTRAINTS ALL IMMEDIATE";

type Candidate<'a> = (usize, &'a LoginRow);

/// Every row of the batch that cannot be inserted, with the reason the database gives (its code only).
/// Leaves a transaction open, which the caller must roll back.
pub fn find(
    connection: &mut Connection<'_>,
    batch: &Batch,
    claims: &Claims<'_>,
    create_date: Date,
) -> Result<Refused, Error> {
    connection.begin()?;
    connection.run("opening a trial transaction", |client| client.batch_execute(CHECK_AT_ONCE))?;
    let fresh = connection.run("claiming messages for a trial", |client| claim(client, claims))?;
    let mut refused = Refused::new();
    search(connection, &fresh_rows(batch, &Refused::new(), fresh), create_date, &mut refused)?;
    Ok(in_every_delivery(batch, &refused))
}

/// A message that came twice is refused twice: else its second delivery would be inserted for the first.
fn in_every_delivery(batch: &Batch, refused: &Refused) -> Refused {
    let deliveries = batch.deliveries();
    let key = |place: &usize| deliveries.get(*place).map(|delivery| delivery.id.key);
    let by_id: HashMap<Uuid, &Rejection> =
        refused.iter().filter_map(|(place, rejection)| Some((key(place)?, rejection))).collect();
    let refused = |(place, delivery): (usize, &Delivery)| {
        by_id.get(&delivery.id.key).map(|rejection| (place, (*rejection).clone()))
    };
    deliveries.iter().enumerate().filter_map(refused).collect()
}

fn search(
    connection: &mut Connection<'_>,
    candidates: &[Candidate<'_>],
    create_date: Date,
    refused: &mut Refused,
) -> Result<(), Error> {
    let Err(error) = try_rows(connection, candidates, create_date) else { return Ok(()) };
    if classify(&error) != Fault::Values {
        return Err(error);
    }
    if let [(place, _)] = candidates {
        refused.insert(*place, refused_by_database(fault::code(&error)));
        return Ok(());
    }
    let (first, second) = candidates.split_at(candidates.len() / 2);
    search(connection, first, create_date, refused)?;
    search(connection, second, create_date, refused)
}

/// Inserts the rows behind a savepoint, so that a refusal leaves the earlier ones in place: a row may be
/// refused only because of another one.
fn try_rows(
    connection: &mut Connection<'_>,
    candidates: &[Candidate<'_>],
    create_date: Date,
) -> Result<(), Error> {
    let rows = Rows::new(candidates.iter().map(|(_, row)| *row));
    connection.run("trying rows", |client| {
        client.batch_execute("SAVEPOINT trial")?;
        let outcome = insert(client, &rows, create_date);
        let end = if outcome.is_ok() { "RELEASE trial" } else { "ROLLBACK TO trial; RELEASE trial" };
        client.batch_execute(end)?;
        outcome.map(drop)
    })
}
