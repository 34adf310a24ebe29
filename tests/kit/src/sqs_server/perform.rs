//! What each action does to the queues, and the faults that lie inside an action.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::action::Action;
use super::errors::SqsError;
use super::faults::{Due, Fault};
use super::message::{Content, Receipt};
use super::outcome::{Done, Failed, Outcome, Sent};
use super::parameters::{Entry, Parameters};
use super::queue::{Order, Queue};
use super::receipt;
use super::registry::Registry;

const TWELVE_HOURS: u32 = 12 * 60 * 60;

/// Where actions are performed: the queues, and what a queue URL starts with.
pub struct Place<'a> {
    pub registry: &'a Registry,
    /// `http://127.0.0.1:PORT`
    pub url: &'a str,
    pub stop: &'a AtomicBool,
    /// The most that this reply may hold, whatever is asked for.
    pub most_per_reply: usize,
}

type Result<T> = std::result::Result<T, SqsError>;

impl Place<'_> {
    pub fn perform(&self, action: Action, parameters: &mut Parameters, due: &Due) -> Result<Outcome> {
        if action == Action::CreateQueue {
            let queue = self.registry.create(&parameters.queue_name, &parameters.attributes)?;
            return Ok(Outcome::QueueUrl(queue_url(self.url, &queue.name)));
        }
        let queue = self.registry.find(parameters.queue())?;
        let outcome = self.perform_on(&queue, action, parameters, due);
        if due.any(|fault| matches!(fault, Fault::ExpireVisibility)) {
            queue.expire_all();
        }
        outcome
    }

    fn perform_on(
        &self,
        queue: &Queue,
        action: Action,
        asked: &mut Parameters,
        due: &Due,
    ) -> Result<Outcome> {
        match action {
            Action::GetQueueUrl => Ok(Outcome::QueueUrl(queue_url(self.url, &queue.name))),
            Action::GetQueueAttributes => Ok(attributes(queue, asked)),
            Action::SetQueueAttributes => {
                queue.set(&asked.attributes).map_err(SqsError::parameter)?;
                Ok(Outcome::Nothing)
            }
            Action::PurgeQueue => {
                queue.clear();
                Ok(Outcome::Nothing)
            }
            Action::ReceiveMessage => self.receive(queue, asked, due),
            Action::SendMessage => Ok(Outcome::Sent(self.send(queue, asked.take_entry())?)),
            Action::DeleteMessage => {
                delete(queue, &asked.take_entry())?;
                Ok(Outcome::Nothing)
            }
            Action::ChangeMessageVisibility => {
                change_visibility(queue, &asked.take_entry())?;
                Ok(Outcome::Nothing)
            }
            Action::SendMessageBatch => batch(asked, due, |entry| self.send(queue, entry).map(Some)),
            Action::DeleteMessageBatch => batch(asked, due, |entry| delete(queue, &entry).map(|()| None)),
            Action::ChangeMessageVisibilityBatch => {
                batch(asked, due, |entry| change_visibility(queue, &entry).map(|()| None))
            }
            Action::CreateQueue | Action::Any => Err(SqsError::sender("InvalidAction", "unknown action")),
        }
    }

    fn receive(&self, queue: &Queue, asked: &Parameters, due: &Due) -> Result<Outcome> {
        let at_most = in_range("MaxNumberOfMessages", asked.max_number_of_messages.unwrap_or(1), 1, 10)?;
        if due.any(|fault| matches!(fault, Fault::FalseEmpty)) {
            return Ok(Outcome::Received(Vec::new()));
        }
        let order = Order {
            at_most: self.most_per_reply.min(at_most as usize),
            wait: seconds("WaitTimeSeconds", asked.wait_time_seconds, 20)?,
            visibility: seconds("VisibilityTimeout", asked.visibility_timeout, TWELVE_HOURS)?,
            twice_now: due.any(|fault| matches!(fault, Fault::DuplicateNow)),
            twice_later: due.any(|fault| matches!(fault, Fault::DuplicateNext)),
        };
        let dead_letters = self.registry.dead_letters_of(queue);
        let mut deliveries = queue.receive(&order, dead_letters.as_deref(), self.stop);
        for fault in due.iter() {
            let Fault::WrongMd5(position) = fault else { continue };
            if let Some(delivery) = deliveries.get_mut(*position) {
                delivery.wrong_md5 = true;
            }
        }
        Ok(Outcome::Received(deliveries))
    }

    fn send(&self, queue: &Queue, entry: Entry) -> Result<Sent> {
        let body = entry.message_body.filter(|body| !body.is_empty());
        let body = body.ok_or_else(|| SqsError::missing("MessageBody"))?;
        let delay = seconds("DelaySeconds", entry.delay_seconds, 900)?;
        let mut content = Content::new(self.registry.fresh_id(), body);
        content.group = entry.message_group_id;
        content.attributes = entry.message_attributes;
        let sent = Sent { message_id: content.id.clone(), md5: content.md5.clone() };
        queue.put(Arc::new(content), delay);
        Ok(sent)
    }
}

pub fn queue_url(server: &str, name: &str) -> String {
    format!("{server}/000000000000/{name}")
}

fn delete(queue: &Queue, entry: &Entry) -> Result<()> {
    queue.delete(std::iter::once(receipt_of(entry)?));
    Ok(())
}

fn change_visibility(queue: &Queue, entry: &Entry) -> Result<()> {
    let receipt = receipt_of(entry)?;
    let timeout = seconds("VisibilityTimeout", entry.visibility_timeout, TWELVE_HOURS)?;
    let timeout = timeout.ok_or_else(|| SqsError::missing("VisibilityTimeout"))?;
    if queue.change_visibility(receipt, timeout) {
        return Ok(());
    }
    let code = "AWS.SimpleQueueService.MessageNotInflight";
    Err(SqsError::sender(code, "The specified message isn't in flight."))
}

fn receipt_of(entry: &Entry) -> Result<Receipt> {
    let handle = entry.receipt_handle.as_deref().ok_or_else(|| SqsError::missing("ReceiptHandle"))?;
    receipt::read(handle).ok_or_else(|| SqsError::named("ReceiptHandleIsInvalid"))
}

fn batch(
    asked: &mut Parameters,
    due: &Due,
    mut one: impl FnMut(Entry) -> Result<Option<Sent>>,
) -> Result<Outcome> {
    check_batch(&asked.entries)?;
    let entries = std::mem::take(&mut asked.entries);
    let (mut done, mut failed) = (Vec::with_capacity(entries.len()), Vec::new());
    for (position, mut entry) in entries.into_iter().enumerate() {
        let id = std::mem::take(&mut entry.id);
        let result = match due.find(|fault| planned_failure(fault, position)) {
            Some((error, sender_fault)) => Err((error, sender_fault)),
            None => one(entry).map_err(|error| (error, true)),
        };
        match result {
            Ok(sent) => done.push(Done { id, sent }),
            Err((SqsError { query_code: code, message, .. }, sender_fault)) => {
                failed.push(Failed { id, code, message, sender_fault });
            }
        }
    }
    Ok(Outcome::Batch { done, failed })
}

fn planned_failure(fault: &Fault, position: usize) -> Option<(SqsError, bool)> {
    match fault {
        Fault::FailEntries { positions, sender_fault: true } if positions.contains(&position) => {
            Some((SqsError::sender("InvalidParameterValue", "refused by the fault plan"), true))
        }
        Fault::FailEntries { positions, .. } if positions.contains(&position) => {
            let code = SqsError::named("InternalFailure").query_code;
            Some((SqsError::sender(&code.replace("Failure", "Error"), "refused by the fault plan"), false))
        }
        Fault::StaleHandles(positions) if positions.contains(&position) => {
            Some((SqsError::named("ReceiptHandleIsInvalid"), true))
        }
        _ => None,
    }
}

fn check_batch(entries: &[Entry]) -> Result<()> {
    let prefix = "AWS.SimpleQueueService.";
    let refuse = |code: &str, message| Err(SqsError::sender(&format!("{prefix}{code}"), message));
    if entries.is_empty() {
        return refuse("EmptyBatchRequest", "There should be at least one entry in the request.");
    }
    if entries.len() > 10 {
        return refuse("TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10.");
    }
    let ids: HashSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
    if ids.len() < entries.len() {
        return refuse("BatchEntryIdsNotDistinct", "Two or more batch entries have the same Id.");
    }
    Ok(())
}

fn attributes(queue: &Queue, asked: &Parameters) -> Outcome {
    let counts = queue.counts();
    let mut all = queue.settings().attributes;
    let counted = [
        ("ApproximateNumberOfMessages", counts.visible),
        ("ApproximateNumberOfMessagesNotVisible", counts.in_flight),
        ("ApproximateNumberOfMessagesDelayed", counts.delayed),
    ];
    all.extend(counted.map(|(name, count)| (name.to_string(), count.to_string())));
    all.insert("QueueArn".to_string(), format!("arn:aws:sqs:us-east-1:000000000000:{}", queue.name));
    Outcome::Attributes(all.into_iter().filter(|(name, _)| asked.wants(name)).collect())
}

fn seconds(name: &str, given: Option<u32>, most: u32) -> Result<Option<Duration>> {
    let Some(given) = given else { return Ok(None) };
    let given = in_range(name, given, 0, most)?;
    Ok(Some(Duration::from_secs(u64::from(given))))
}

fn in_range(name: &str, given: u32, least: u32, most: u32) -> Result<u32> {
    if (least..=most).contains(&given) {
        return Ok(given);
    }
    let reason = format!("must be between {least} and {most}, if provided");
    Err(SqsError::parameter(format!("Value {given} for parameter {name} is invalid. Reason: {reason}.")))
}
