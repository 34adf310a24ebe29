//! The shape in which a batch is sent: one array for each column.

use std::collections::HashSet;

use time::OffsetDateTime;
use uuid::Uuid;

use super::Refused;
use crate::batch::Batch;
use crate::row::LoginRow;
use crate::verdict::Verdict;

/// Ids to claim in the ledger, and rejects to record: both sorted by id and free of repeats.
pub struct Claims<'a> {
    pub ids: Vec<Uuid>,
    pub sent_at: Vec<OffsetDateTime>,
    pub reject_ids: Vec<Uuid>,
    pub reasons: Vec<&'static str>,
    pub details: Vec<&'a str>,
    pub bodies: Vec<String>,
}

impl<'a> Claims<'a> {
    /// `without_time` stands in for a message's own time where the queue does not tell it.
    pub fn new(
        batch: &'a Batch,
        refused: &'a Refused,
        without_time: OffsetDateTime,
        letters: Letters,
    ) -> Claims<'a> {
        let mut claimed = Vec::with_capacity(batch.len());
        let mut rejected = Vec::new();
        for (place, delivery) in batch.deliveries().iter().enumerate() {
            let id = delivery.id.key;
            match (&delivery.verdict, refused.get(&place)) {
                (Verdict::Reject(reject), _) => {
                    rejected.push((id, &reject.rejection, reject.description.clone()));
                }
                (Verdict::Login(row), Some(rejection)) => rejected.push((id, rejection, row.description())),
                (Verdict::Login(_), None) => claimed.push((id, delivery.sent_at.unwrap_or(without_time))),
            }
        }
        claimed.sort_unstable_by_key(|claim| claim.0);
        claimed.dedup_by_key(|claim| claim.0);
        rejected.sort_by_key(|reject| reject.0);
        rejected.dedup_by_key(|reject| reject.0);
        Claims {
            ids: claimed.iter().map(|claim| claim.0).collect(),
            sent_at: claimed.iter().map(|claim| claim.1).collect(),
            reject_ids: rejected.iter().map(|reject| reject.0).collect(),
            reasons: rejected.iter().map(|reject| reject.1.reason.code()).collect(),
            details: rejected.iter().map(|reject| reject.1.detail.as_str()).collect(),
            bodies: rejected.into_iter().map(|reject| letters.write(reject.2)).collect(),
        }
    }
}

/// The letters in which bodies of rejects are kept. A database whose encoding is not UTF-8 cannot hold them all,
/// and a reject must never be what stops the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    All,
    /// The others are written as JSON writes them: `\u0416`.
    Ascii,
}

impl Letters {
    fn write(self, text: String) -> String {
        if self == Letters::All || text.is_ascii() {
            return text;
        }
        let write = |letter: char| match letter.is_ascii() {
            true => letter.to_string(),
            false => letter.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        };
        text.chars().map(write).collect()
    }
}

/// The rows whose ids are in `fresh`, each id once, but for the refused ones; with their places in the batch.
pub fn fresh_rows<'a>(
    batch: &'a Batch,
    refused: &Refused,
    mut fresh: HashSet<Uuid>,
) -> Vec<(usize, &'a LoginRow)> {
    let mut rows = Vec::with_capacity(fresh.len());
    for (place, delivery) in batch.deliveries().iter().enumerate() {
        if let Verdict::Login(row) = &delivery.verdict
            && !refused.contains_key(&place)
            && fresh.remove(&delivery.id.key)
        {
            rows.push((place, row));
        }
    }
    rows
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
    pub fn new(rows: impl IntoIterator<Item = &'a LoginRow>) -> Rows<'a> {
        let mut columns = Rows::default();
        rows.into_iter().for_each(|row| columns.push(row));
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

    pub fn is_empty(&self) -> bool {
        self.user_id.is_empty()
    }
}
