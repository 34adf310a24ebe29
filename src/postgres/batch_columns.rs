//! The shape in which a batch is sent: one array for each column.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};

use time::OffsetDateTime;
use uuid::Uuid;

use crate::batch::{Batch, Delivery};
use crate::reject::Rejection;
use crate::verdict::LoginRow;
use crate::verdict::Verdict;

/// Logins that the database refuses, by message.
pub type Refused = HashMap<Uuid, Rejection>;

/// Ids to claim in the ledger, and rejects to record: both sorted by id and free of repeats.
pub struct Claims {
    pub ids: Vec<Uuid>,
    pub sent_at: Vec<OffsetDateTime>,
    pub reject_ids: Vec<Uuid>,
    pub reasons: Vec<&'static str>,
    pub details: Vec<String>,
    pub bodies: Vec<String>,
}

impl Claims {
    /// `without_time` stands in for a message's own time where the queue does not tell it.
    pub fn new(batch: &Batch, refused: &Refused, without_time: OffsetDateTime) -> Claims {
        let mut claimed = BTreeMap::new();
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
                    claimed.entry(id.key).or_insert(sent_at.unwrap_or(without_time));
                }
            }
        }
        Claims {
            ids: claimed.keys().copied().collect(),
            sent_at: claimed.into_values().collect(),
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

/// One login that may be inserted.
pub type Fresh<'a> = (Uuid, &'a LoginRow);

/// The logins whose ids are in `claimed`, each id once; in the order they came, or by `key`, the columns of a
/// unique key of the table: runs that insert the same values at the same time must meet them in one order.
pub fn fresh_logins<'a>(batch: &'a Batch, claimed: &HashSet<Uuid>, key: &[String]) -> Vec<Fresh<'a>> {
    let mut seen = HashSet::with_capacity(claimed.len());
    let mut fresh = Vec::with_capacity(claimed.len());
    for Delivery { id, verdict, .. } in batch.deliveries() {
        if let Verdict::Login(row) = verdict
            && claimed.contains(&id.key)
            && seen.insert(id.key)
        {
            fresh.push((id.key, row));
        }
    }
    if !key.is_empty() {
        fresh.sort_by(|one, other| by_key(key, one.1, other.1));
    }
    fresh
}

fn by_key(key: &[String], one: &LoginRow, other: &LoginRow) -> Ordering {
    let by_column = |column: &String| match column.as_str() {
        "user_id" => one.user_id.cmp(&other.user_id),
        "device_type" => one.device_type.cmp(&other.device_type),
        "masked_ip" => one.masked_ip.as_str().cmp(other.masked_ip.as_str()),
        "masked_device_id" => one.masked_device_id.as_str().cmp(other.masked_device_id.as_str()),
        "locale" => one.locale.cmp(&other.locale),
        "app_version" => one.app_version.cmp(&other.app_version),
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
}

impl<'a> Rows<'a> {
    pub fn new(fresh: &[Fresh<'a>]) -> Rows<'a> {
        let mut columns = Rows::default();
        fresh.iter().for_each(|(_, row)| columns.push(row));
        columns
    }

    fn push(&mut self, row: &'a LoginRow) {
        self.user_id.push(&row.user_id);
        self.device_type.push(&row.device_type);
        self.masked_ip.push(row.masked_ip.as_str());
        self.masked_device_id.push(row.masked_device_id.as_str());
        self.locale.push(row.locale.as_deref());
        self.app_version.push(row.app_version);
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
        for (id, row) in fresh {
            if let Some(sealed) = &row.sealed {
                columns.ids.push(*id);
                columns.user_ids.push(&row.user_id);
                columns.values.push(sealed.as_bytes());
            }
        }
        columns
    }
}
