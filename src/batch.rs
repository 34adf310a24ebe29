//! The messages that will be committed together, bounded by count and by bytes.

use crate::message::{Message, MessageAttribute, MessageId, Receipt};
use crate::verdict::Verdict;
use time::OffsetDateTime;

/// Bytes that one batch stores before it is full, however few its messages are.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// One message on its way to the store: what was made of it, and how to give it back.
pub struct Delivery {
    pub id: MessageId,
    pub sent_at: Option<OffsetDateTime>,
    pub receipt: Receipt,
    /// How often the message has been received; `None` where the queue does not tell.
    pub receive_count: Option<u32>,
    /// The group of a message in a FIFO queue.
    pub group: Option<Box<str>>,
    pub verdict: Verdict,
    /// The message as it came, kept only when rejects are sent on to a dead-letter queue.
    pub original: Option<Box<Original>>,
}

/// What a dead-letter queue must get unchanged.
pub struct Original {
    pub body: String,
    pub group: Option<Box<str>>,
    pub attributes: Vec<MessageAttribute>,
}

/// Whether the body is kept beside the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    VerdictOnly,
    Original,
}

impl Delivery {
    pub fn new(message: Message, verdict: Verdict, keep: Keep) -> Delivery {
        let Message { id, sent_at, receipt, body, receive_count, group, attributes } = message;
        let original =
            (keep == Keep::Original).then(|| Box::new(Original { body, group: group.clone(), attributes }));
        Delivery { id, sent_at, receipt, receive_count, group, verdict, original }
    }

    /// Bytes that it takes in memory.
    pub fn bytes(&self) -> usize {
        self.bytes_to_store() + self.original.as_ref().map_or(0, |original| original.bytes())
    }

    fn bytes_to_store(&self) -> usize {
        match &self.verdict {
            // The other texts of a row are bounded by their columns.
            Verdict::Login(row) => 512 + row.version_text.len(),
            Verdict::Reject(reject) => 512 + reject.description.len(),
        }
    }
}

impl Original {
    pub fn bytes(&self) -> usize {
        self.body.len() + self.attributes.iter().map(MessageAttribute::bytes).sum::<usize>()
    }
}

/// Deliveries in the order they came.
#[derive(Default)]
pub struct Batch {
    deliveries: Vec<Delivery>,
    bytes: usize,
    second_try: bool,
}

impl Batch {
    /// Logins that are recorded as refused, to be tried once more.
    pub fn of_second_tries(deliveries: Vec<Delivery>) -> Batch {
        let bytes = deliveries.iter().map(Delivery::bytes_to_store).sum();
        Batch { deliveries, bytes, second_try: true }
    }

    /// Its logins are recorded as refused, and are tried all the same.
    pub fn is_second_try(&self) -> bool {
        self.second_try
    }

    pub fn push(&mut self, delivery: Delivery) {
        self.bytes += delivery.bytes_to_store();
        self.deliveries.push(delivery);
    }

    pub fn len(&self) -> usize {
        self.deliveries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.deliveries.is_empty()
    }

    pub fn is_full(&self, batch_size: usize) -> bool {
        self.len() >= batch_size || self.bytes >= MOST_BYTES
    }

    pub fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }

    pub fn into_deliveries(self) -> Vec<Delivery> {
        self.deliveries
    }

    pub fn receipts(&self) -> Vec<Receipt> {
        self.deliveries.iter().map(|delivery| delivery.receipt.clone()).collect()
    }
}

#[cfg(test)]
pub mod samples {
    //! Small deliveries for tests.

    use super::*;
    use crate::mask::Masker;
    use crate::verdict::judge;

    pub fn delivery(number: u128, body: &str) -> Delivery {
        let id = MessageId::from_uuid(uuid::Uuid::from_u128(number));
        let receipt = Receipt(format!("receipt-{number}").into());
        let verdict = judge(body, &Masker::Plain, None);
        Delivery { id, sent_at: None, receipt, receive_count: None, group: None, verdict, original: None }
    }

    pub fn good_body(user: u128) -> String {
        format!(
            r#"{{"user_id": "user-{user}", "app_version": "2.3.0", "device_type": "android", "ip": "199.172.111.135", "locale": "RU", "device_id": "593-47-5928"}}"#
        )
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{delivery, good_body};
    use super::*;
    use crate::reject::{Reason, Rejection};
    use crate::verdict::Reject;

    fn batch(good: u128, bad: u128) -> Batch {
        let mut batch = Batch::default();
        (0..good).for_each(|number| batch.push(delivery(number, &good_body(number))));
        (0..bad).for_each(|number| batch.push(delivery(1000 + number, "rogue")));
        batch
    }

    #[test]
    fn a_batch_is_full_by_count_or_by_bytes() {
        assert!(!batch(9, 0).is_full(10));
        assert!(batch(10, 0).is_full(10));
        let heavy = || {
            let reject = Reject {
                rejection: Rejection::new(Reason::NotJson, "detail"),
                description: "x".repeat(1024 * 1024 - 512),
            };
            Delivery { verdict: Verdict::Reject(reject), ..delivery(1, "rogue") }
        };
        let mut batch = Batch::default();
        while !batch.is_full(usize::MAX) {
            batch.push(heavy());
        }
        assert_eq!(batch.len(), MOST_BYTES / (1024 * 1024));
    }
}
