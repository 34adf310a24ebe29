//! The store without a queue: the drain's own SQL beside a bare insert of the same rows.
//!
//! What is timed is PostgreSQL, the driver and the round trips: four for the drain (begin, claim, insert, commit),
//! one for the bare insert, which commits by itself. Batches of the two take turns, so that load from elsewhere
//! strikes both. The drain's own code is in other lines.

use std::time::Instant;

use anyhow::ensure;
use postgres::Client;
use postgres::types::{ToSql, Type};
use ring::digest;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

const BEGIN: &str = include_str!("../../sql/begin_batch.sql");
const CLAIM: &str = include_str!("../../sql/claim_messages.sql");
const INSERT: &str = include_str!("../../sql/insert_logins.sql");
const COMMIT: &str = include_str!("../../sql/commit_batch.sql");

const BATCHES: usize = 100;
const ROWS: usize = 1000;

/// Rows a second.
pub struct Rates {
    pub drain: f64,
    pub bare: f64,
}

/// Leaves the rows in the tables of the client's database.
pub fn rates(client: &mut Client) -> anyhow::Result<Rates> {
    let (mut drain, mut bare) = (0.0, 0.0);
    for number in 0..BATCHES {
        // One at a time: the bench itself must stay small beside what it measures.
        let batch = Batch::made_up(number);
        let started = Instant::now();
        batch.store(client)?;
        drain += started.elapsed().as_secs_f64();
        let started = Instant::now();
        batch.insert(client)?;
        bare += started.elapsed().as_secs_f64();
    }
    let rows = (BATCHES * ROWS) as f64;
    Ok(Rates { drain: rows / drain, bare: rows / bare })
}

struct Batch {
    ids: Vec<Uuid>,
    sent_at: Vec<OffsetDateTime>,
    user_id: Vec<String>,
    device_type: Vec<&'static str>,
    masked_ip: Vec<String>,
    masked_device_id: Vec<String>,
    locale: Vec<Option<&'static str>>,
    app_version: Vec<i32>,
    create_date: Vec<Date>,
}

impl Batch {
    /// The same number makes the same rows.
    fn made_up(number: usize) -> Batch {
        let now = OffsetDateTime::now_utc();
        let rows = number * ROWS..(number + 1) * ROWS;
        let each = || rows.clone();
        let mut ids: Vec<_> = each().map(|row| id("message", row)).collect();
        ids.sort_unstable();
        Batch {
            ids,
            sent_at: vec![now; ROWS],
            user_id: each().map(|row| id("user", row).to_string()).collect(),
            device_type: each().map(|row| one_of(&["android", "ios", "web"], row)).collect(),
            masked_ip: each().map(|row| hex::encode(digest("ip", row))).collect(),
            masked_device_id: each().map(|row| hex::encode(digest("device", row))).collect(),
            locale: each().map(|row| one_of(&[None, Some("RU"), Some("US")], row)).collect(),
            app_version: each().map(|row| one_of(&[230, 231, 26], row)).collect(),
            create_date: vec![now.date(); ROWS],
        }
    }

    /// As the drain does it.
    fn store(&self, client: &mut Client) -> anyhow::Result<()> {
        let (no_ids, no_texts) = (Vec::<Uuid>::new(), Vec::<&str>::new());
        client.batch_execute(BEGIN)?;
        let claimed = client.query_typed(
            &in_public(CLAIM),
            &[
                (&self.ids, Type::UUID_ARRAY),
                (&self.sent_at, Type::TIMESTAMPTZ_ARRAY),
                (&no_ids, Type::UUID_ARRAY),
                (&no_texts, Type::TEXT_ARRAY),
                (&no_texts, Type::TEXT_ARRAY),
                (&no_texts, Type::TEXT_ARRAY),
                (&no_texts, Type::TEXT_ARRAY),
                (&false, Type::BOOL),
                (&no_ids, Type::UUID_ARRAY),
            ],
        )?;
        ensure!(claimed.len() == ROWS, "the ledger knew a fresh message");
        self.insert(client)?;
        Ok(client.batch_execute(COMMIT)?)
    }

    fn insert(&self, client: &mut Client) -> anyhow::Result<()> {
        let parameters: [(&(dyn ToSql + Sync), Type); 7] = [
            (&self.user_id, Type::TEXT_ARRAY),
            (&self.device_type, Type::TEXT_ARRAY),
            (&self.masked_ip, Type::TEXT_ARRAY),
            (&self.masked_device_id, Type::TEXT_ARRAY),
            (&self.locale, Type::TEXT_ARRAY),
            (&self.app_version, Type::INT4_ARRAY),
            (&self.create_date, Type::DATE_ARRAY),
        ];
        client.execute_typed(&in_public(INSERT), &parameters)?;
        Ok(())
    }
}

/// Statements name the schema of the tables, which is known when the program runs.
fn in_public(statement: &str) -> String {
    statement.replace("{schema}", "public")
}

fn digest(of: &str, row: usize) -> digest::Digest {
    digest::digest(&digest::SHA256, format!("{of} {row}").as_bytes())
}

fn id(of: &str, row: usize) -> Uuid {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(digest(of, row).as_ref()).for_each(|(byte, digest)| *byte = *digest);
    Uuid::from_bytes(bytes)
}

/// One of three, by turns that do not follow the order of the rows.
fn one_of<T: Copy>(choices: &[T; 3], row: usize) -> T {
    let [first, second, third] = *choices;
    match digest("choice", row).as_ref().first().copied().unwrap_or_default() % 3 {
        0 => first,
        1 => second,
        _ => third,
    }
}
