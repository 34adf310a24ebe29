//! The shape in which a batch is sent: one array for each column.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};

use time::{Date, OffsetDateTime, UtcOffset};
use uuid::Uuid;

use super::ledger_time::ledger_time;
use crate::batch::{Batch, Delivery};
use crate::reject::Rejection;
use crate::verdict::LoginRow;
use crate::verdict::Verdict;

/// Logins that the database refuses, by message.
pub type Refused = HashMap<Uuid, Rejection>;

/// Messages to claim in the ledger, sorted by its key, and rejects to record, sorted by id: both free of repeats.
pub struct Claims {
    pub ids: Vec<Uuid>,
    pub sent_at: Vec<OffsetDateTime>,
    pub reject_ids: Vec<Uuid>,
    pub reasons: Vec<&'static str>,
    pub details: Vec<String>,
    pub bodies: Vec<String>,
}

impl Claims {
    /// `fifo`: the batch is from a FIFO queue.
    pub fn new(batch: &Batch, refused: &Refused, fifo: bool) -> Claims {
        let mut claimed = HashMap::new();
        let mut rejected = BTreeMap::new();
        for Delivery { id, sent_at, verdict, .. } in batch.deliveries() {
            match (verdict, refused.get(&id.key)) {
                (Verdict::Reject(reject), _) => {
                    rejected.entry(id.key).or_insert_with(|| (&reject.rejection, reject.description.clone()));
                }
                (Verdict::Login(row), Some(rejection)) => {
                    rejected.entry(id.key).or_insert_with(|| (rejection, row.description()));
                }
                (Verdict::Login(_), None) => {
                    claimed.entry(id.key).or_insert_with(|| ledger_time(*sent_at, fifo));
                }
            }
        }
        let mut claimed: Vec<(OffsetDateTime, Uuid)> =
            claimed.into_iter().map(|(id, sent_at)| (sent_at, id)).collect();
        claimed.sort_unstable();
        let (sent_at, ids) = claimed.into_iter().unzip();
        Claims {
            ids,
            sent_at,
            reject_ids: rejected.keys().copied().collect(),
            reasons: rejected.values().map(|reject| reject.0.reason.code()).collect(),
            details: rejected.values().map(|reject| in_ascii(&reject.0.detail)).collect(),
            bodies: rejected.into_values().map(|reject| in_ascii(&reject.1)).collect(),
        }
    }
}

/// Every other letter as JSON writes it, `\u0416`: a database whose encoding is not UTF-8 cannot hold them all,
/// and what is recorded of a reject must never be what stops the others.
pub fn in_ascii(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let write = |letter: char| match letter.is_ascii() {
        true => letter.to_string(),
        false => letter.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
    };
    text.chars().map(write).collect()
}

/// One login that may be inserted, with the day it is stored under.
pub type Fresh<'a> = (Uuid, &'a LoginRow, Date);

/// Which UTC day a row is stored under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    pub of_run: Date,
    /// The day on which the message was sent, where the queue tells it, goes before that of the run.
    pub by_sending: bool,
}

impl Days {
    fn of(self, sent_at: Option<OffsetDateTime>) -> Date {
        let sent = sent_at.filter(|_| self.by_sending).map(|at| at.to_offset(UtcOffset::UTC).date());
        sent.unwrap_or(self.of_run)
    }
}

/// The logins whose ids are in `claimed`, each id once; in the order they came, or by `key`, the columns of a
/// unique key of the table: runs that insert the same values at the same time must meet them in one order.
pub fn fresh_logins<'a>(
    batch: &'a Batch,
    claimed: &HashSet<Uuid>,
    key: &[String],
    days: Days,
) -> Vec<Fresh<'a>> {
    let mut seen = HashSet::with_capacity(claimed.len());
    let mut fresh = Vec::with_capacity(claimed.len());
    for Delivery { id, sent_at, verdict, .. } in batch.deliveries() {
        if let Verdict::Login(row) = verdict
            && claimed.contains(&id.key)
            && seen.insert(id.key)
        {
            fresh.push((id.key, row, days.of(*sent_at)));
        }
    }
    if !key.is_empty() {
        fresh.sort_by(|one, other| by_key(key, one, other));
    }
    fresh
}

fn by_key(key: &[String], (_, one, day): &Fresh<'_>, (_, other, other_day): &Fresh<'_>) -> Ordering {
    let by_column = |column: &String| match column.as_str() {
        "user_id" => one.user_id.cmp(&other.user_id),
        "device_type" => one.device_type.cmp(&other.device_type),
        "masked_ip" => one.masked_ip.as_str().cmp(other.masked_ip.as_str()),
        "masked_device_id" => one.masked_device_id.as_str().cmp(other.masked_device_id.as_str()),
        "locale" => one.locale.cmp(&other.locale),
        // As the column may hold either of the two.
        "app_version" => (one.app_version, &one.version_text).cmp(&(other.app_version, &other.version_text)),
        "create_date" => day.cmp(other_day),
        _ => Ordering::Equal,
    };
    key.iter().map(by_column).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// The rows of a batch, column by column.
#[derive(Default)]
pub struct Rows<'a> {
    pub user_id: Vec<&'a str>,
    pub device_type: Vec<&'a str>,
    pub masked_ip: Vec<&'a str>,
    pub masked_device_id: Vec<&'a str>,
    pub locale: Vec<Option<&'a str>>,
    pub app_version: Vec<i32>,
    pub version_text: Vec<&'a str>,
    pub create_date: Vec<Date>,
}

impl<'a> Rows<'a> {
    pub fn new(fresh: &[Fresh<'a>]) -> Rows<'a> {
        let mut columns = Rows::default();
        fresh.iter().for_each(|(_, row, day)| columns.push(row, *day));
        columns
    }

    fn push(&mut self, row: &'a LoginRow, day: Date) {
        self.user_id.push(&row.user_id);
        self.device_type.push(&row.device_type);
        self.masked_ip.push(row.masked_ip.as_str());
        self.masked_device_id.push(row.masked_device_id.as_str());
        self.locale.push(row.locale.as_deref());
        self.app_version.push(row.app_version);
        self.version_text.push(&row.version_text);
        self.create_date.push(day);
    }
}

/// The sealed values of a batch, column by column.
#[derive(Default)]
pub struct Sealings<'a> {
    pub ids: Vec<Uuid>,
    pub user_ids: Vec<&'a str>,
    pub values: Vec<&'a [u8]>,
}

impl<'a> Sealings<'a> {
    pub fn new(fresh: &[Fresh<'a>]) -> Sealings<'a> {
        let mut columns = Sealings::default();
        for (id, row, _) in fresh {
            if let Some(sealed) = &row.sealed {
                columns.ids.push(*id);
                columns.user_ids.push(&row.user_id);
                columns.values.push(sealed.as_bytes());
            }
        }
        columns
    }
}
