//! One queue on SQS: its URL, the clients that call it, the protocol that its server speaks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ureq::Agent;

use super::calls::Caller;
use super::clients::{Clients, Speaker};
use super::dead_letter::{DeadLetterQueue, refusal_of_message};
use super::endpoint::EndpointChoice;
use super::lookup::{GET_URL, Lookup};
use super::query_protocol::Envelope;
use super::queue_url::identity;
use super::receive_reply::{Asking, EntryResult, Wanted};
use super::speech::Speech;
use super::{attributes, dead_letter_choice};
use crate::aws::http::{Route, TimeLimits};
use crate::aws::{Access, CallError, Clock, Meaning};
use crate::failure::Failure;
use crate::message::Receipt;
use crate::queue::{Calls, DeadLetter, Deletion, GivenBack, Queue, QueueAttributes, Received, Settled};

/// SQS takes ten entries in a batch call.
const ENTRIES_PER_CALL: usize = 10;
const DELETE: &str = "DeleteMessageBatch";
const SEND: &str = "SendMessage";
/// A reply to a long poll may come this much later than the wait asked for.
const PATIENCE: Duration = Duration::from_secs(10);
const A_SECOND: Duration = Duration::from_secs(1);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const BODY_LIMIT: Duration = Duration::from_secs(20);

/// What it takes to open a queue.
pub struct Settings {
    pub endpoint: EndpointChoice,
    pub queue: QueueName,
    pub aws: Access,
    /// The longest wait that receives will ask for.
    pub longest_wait: Duration,
    /// Calls in flight at once, of each kind.
    pub in_flight: usize,
    pub asking: Asking,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueName {
    Url(String),
    Name(String),
}

pub struct SqsQueue {
    url: String,
    identity: String,
    dead_letters: Option<DeadLetterQueue>,
    clock: Arc<Clock>,
    receiving: Clients,
    /// Apart from `receiving`, so that ending long polls ends nothing else.
    other: Clients,
    receiving_agent: Agent,
    caller: Caller,
    asking: Asking,
    speech: Speech,
    interrupted: AtomicBool,
    /// Seconds; longer polls are cut on their way.
    longest_wait: AtomicU64,
}

impl SqsQueue {
    /// Makes no call where the queue's URL is given, one to learn it where only its name is.
    pub fn open(settings: Settings) -> Result<SqsQueue, Failure> {
        let EndpointChoice { region, endpoint, .. } = settings.endpoint;
        let limits = TimeLimits {
            connect: CONNECT_LIMIT,
            response: settings.longest_wait + PATIENCE,
            body: BODY_LIMIT,
        };
        let uri =
            endpoint.parse().map_err(|_| Failure::lasting("the endpoint is no URL: see --endpoint-url"))?;
        let route = || settings.aws.route(&uri, &limits, settings.in_flight + 1);
        let (to_receive, to_do_all_else) = (route()?, route()?);
        let (credentials, clock) = (settings.aws.credentials(), settings.aws.clock());
        let clients = |route: &Route| Clients::new(route, credentials, clock, &region, &endpoint);
        let mut queue = SqsQueue {
            url: String::new(),
            identity: String::new(),
            dead_letters: None,
            receiving: clients(&to_receive),
            other: clients(&to_do_all_else),
            receiving_agent: to_receive.agent,
            clock: Arc::clone(clock),
            caller: Caller::new(&settings.aws, region, endpoint),
            asking: settings.asking,
            speech: Speech::default(),
            interrupted: AtomicBool::new(false),
            longest_wait: AtomicU64::new(u64::MAX),
        };
        queue.url = match settings.queue {
            QueueName::Url(url) => url,
            QueueName::Name(name) => {
                let found = queue.lookup().url_of(&name, None);
                found.map_err(|error| queue.caller.explain(&error, GET_URL, &name))?
            }
        };
        queue.identity = identity(&queue.url)?;
        Ok(queue)
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same text however the queue's URL is spelt, for whoever must tell queues apart.
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// To be asked before the first receive: whether what answers is SQS and has this queue, and whether this
    /// machine's clock can be right. `None` where we may not know more.
    pub fn ask_at_start(&self) -> Result<Option<QueueAttributes>, Failure> {
        let attributes = self.attributes()?;
        self.clock.check()?;
        Ok(attributes)
    }

    /// From now on, receives bring with each message how often it was received.
    pub fn ask_for_receive_counts(&mut self) {
        self.asking.receive_count = true;
    }

    /// How far this machine's clock is ahead of the server's, once a reply has told.
    pub fn clock_ahead(&self) -> Option<time::Duration> {
        self.clock.ahead()
    }

    /// Rogue messages go to the queue at `url`, or to the one that the queue's own redrive policy names.
    /// To be told before the first receive: refuses a queue that is not there, and this queue itself.
    pub fn dead_letter_to(&mut self, url: Option<&str>) -> Result<(), Failure> {
        self.dead_letters = Some(dead_letter_choice::choose(&self.lookup(), &self.url, url)?);
        Ok(())
    }

    fn lookup(&self) -> Lookup<'_> {
        Lookup { caller: &self.caller, clients: &self.other, speech: &self.speech }
    }

    fn receive_once(&self, wanted: &mut Wanted, make_room: &dyn Fn(usize)) -> Result<Received, CallError> {
        wanted.wait = wanted.wait.min(Duration::from_secs(self.longest_wait.load(Ordering::Relaxed)));
        let wanted = &*wanted;
        let began = Instant::now();
        let receive = |speaker: &Speaker| speaker.receive(&self.url, wanted, make_room);
        let received = self.speech.ask(&self.receiving, &self.url, receive);
        let lasted = began.elapsed();
        if matches!(received, Err(CallError::NoReply(_))) && lasted >= A_SECOND && lasted < wanted.wait {
            // Something in between cuts what is silent for so long. Never less than a second: a receive that does not
            // wait asks some of the service's servers only, and may find nothing in a queue that is not empty.
            self.longest_wait.fetch_min((lasted - A_SECOND).as_secs().max(1), Ordering::Relaxed);
        }
        received
    }

    fn delete_once(&self, handles: &[&str]) -> Result<Vec<EntryResult>, CallError> {
        self.speech.ask(&self.other, &self.url, |speaker| speaker.delete(&self.url, handles))
    }
}

impl Queue for SqsQueue {
    fn receive(&self, most: usize, wait: Duration, make_room: &dyn Fn(usize)) -> Result<Received, Failure> {
        let mut wanted = self.asking.wanted(most, wait);
        let (mut lost, mut throttled) = (0, false);
        let mut received = self.caller.call("ReceiveMessage", &self.url, || {
            let received = self.receive_once(&mut wanted, make_room);
            if self.interrupted.load(Ordering::Relaxed) {
                return Ok(received.unwrap_or_default());
            }
            if matches!(received, Err(CallError::Malformed)) {
                // One message that breaks the reply must not hide nine others.
                wanted.most = 1;
            }
            if let Err(error) = &received {
                lost += u32::from(may_have_hidden(error));
                throttled |= error.is_throttling();
            }
            received
        })?;
        received.lost += lost;
        received.throttled = throttled;
        Ok(received)
    }

    fn delete(&self, settled: &[Settled]) -> Result<Vec<Deletion>, Failure> {
        let handles: Vec<&str> = settled.iter().map(|message| &*message.receipt().0).collect();
        let mut deletions = Vec::with_capacity(handles.len());
        for handles in handles.chunks(ENTRIES_PER_CALL) {
            deletions.extend(self.delete_ten(handles)?);
        }
        Ok(deletions)
    }

    fn dead_letter(&self, settled: &Settled) -> Result<DeadLetter, Failure> {
        let (Some(target), Some(original)) = (&self.dead_letters, settled.original()) else {
            return Err(Failure::lasting("no dead-letter queue: set --dead-letter-queue-url"));
        };
        let reason = settled.rejection().map(ToString::to_string).unwrap_or_default();
        let attributes = match target.attributes(original, &reason) {
            Ok(attributes) => attributes,
            Err(why) => return Ok(DeadLetter::Refused(why)),
        };
        let id = settled.id().key.to_string();
        // The id makes a second sending no second message; a message of no group shares its order with none.
        let fifo = target.fifo.then(|| (original.group.as_deref().unwrap_or(&id).to_owned(), id.clone()));
        let sent = self.caller.try_call(SEND, || {
            let envelope = Envelope { attributes: &attributes, fifo: fifo.clone() };
            self.speech.ask(&self.other, &target.url, |speaker| {
                speaker.send(&target.url, &original.body, envelope.clone())
            })
        });
        match (&sent, sent.as_ref().err().and_then(refusal_of_message)) {
            (Ok(()), _) => Ok(DeadLetter::Sent),
            (Err(_), Some(reply)) => Ok(DeadLetter::Refused(reply.told())),
            (Err(error), None) => Err(self.caller.explain(error, SEND, &target.url)),
        }
    }

    fn give_back(&self, receipts: &[Receipt]) -> GivenBack {
        let mut given_back = GivenBack::default();
        for receipts in receipts.chunks(ENTRIES_PER_CALL) {
            match self.change_visibility(receipts, Duration::ZERO) {
                Ok(messages) => given_back.messages += messages,
                Err(failure) => return GivenBack { failure: Some(failure), ..given_back },
            }
        }
        given_back
    }

    fn keep_hidden(&self, receipts: &[Receipt], time: Duration) -> Result<(), Failure> {
        let mut calls = receipts.chunks(ENTRIES_PER_CALL);
        calls.try_for_each(|receipts| self.change_visibility(receipts, time).map(drop))
    }

    fn attributes(&self) -> Result<Option<QueueAttributes>, Failure> {
        Ok(self.lookup().own_attributes(&self.url)?.as_ref().map(attributes::read))
    }

    fn interrupt(&self) {
        if !self.interrupted.swap(true, Ordering::Relaxed) {
            self.receiving_agent.clone().shutdown();
        }
    }

    fn calls(&self) -> Calls {
        self.caller.calls()
    }
}

impl SqsQueue {
    /// The number of messages that the server says it has reached.
    fn change_visibility(&self, receipts: &[Receipt], time: Duration) -> Result<usize, Failure> {
        let results = self.caller.call("ChangeMessageVisibilityBatch", &self.url, || {
            self.speech
                .ask(&self.other, &self.url, |speaker| speaker.change_visibility(&self.url, receipts, time))
        })?;
        Ok(results.iter().filter(|result| **result == EntryResult::Done).count())
    }

    /// Entries that failed by the server's fault are tried again; a lost reply is no proof of anything.
    fn delete_ten(&self, handles: &[&str]) -> Result<Vec<Deletion>, Failure> {
        let mut results = vec![EntryResult::ServersFault; handles.len()];
        let outcome = self.caller.try_call(DELETE, || {
            let open = results.iter_mut().zip(handles);
            let (open, left): (Vec<_>, Vec<&str>) =
                open.filter(|(result, _)| **result == EntryResult::ServersFault).unzip();
            for (result, answer) in open.into_iter().zip(self.delete_once(&left)?) {
                *result = answer;
            }
            if results.contains(&EntryResult::ServersFault) { Err(CallError::Unfinished) } else { Ok(()) }
        });
        match outcome {
            Ok(()) | Err(CallError::Unfinished) => {}
            Err(CallError::Stopped(_, error)) if *error == CallError::Unfinished => {}
            Err(error) => return Err(self.caller.explain(&error, DELETE, &self.url)),
        }
        let told = |result: &EntryResult| match result {
            EntryResult::Done => Deletion::Deleted,
            EntryResult::OurFault | EntryResult::ServersFault => Deletion::Failed,
        };
        Ok(results.iter().map(told).collect())
    }
}

/// Whether a receive that failed may have hidden messages all the same. SQS says by its own codes that it did
/// nothing; a gateway in between does not know.
fn may_have_hidden(error: &CallError) -> bool {
    match error {
        CallError::NoReply(_) | CallError::Malformed => true,
        CallError::Refused(reply) => {
            let did_nothing = reply.meaning() == Meaning::Throttled || reply.code == "ServiceUnavailable";
            reply.status >= 500 && !did_nothing
        }
        CallError::NotSent(_)
        | CallError::Untrusted(_)
        | CallError::Barred(_)
        | CallError::Unfinished
        | CallError::NoCredentials(_) => false,
        CallError::Stranger(status) => *status >= 500,
        CallError::Stopped(_, error) => may_have_hidden(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::ErrorReply;

    #[test]
    fn a_reply_is_lost_when_the_server_may_have_received() {
        let refused = |status, code: &str| {
            may_have_hidden(&CallError::Refused(ErrorReply {
                status,
                code: code.to_owned(),
                request_id: None,
            }))
        };
        for (status, code) in [(500, ""), (502, "Http502"), (503, ""), (504, ""), (500, "InternalFailure")] {
            assert!(refused(status, code), "{status} {code}");
        }
        for (status, code) in [
            (503, "ServiceUnavailable"),
            (503, "RequestThrottled"),
            (500, "KmsThrottled"),
            (429, ""),
            (403, "AccessDenied"),
            (400, "OverLimit"),
        ] {
            assert!(!refused(status, code), "{status} {code}");
        }
        assert!(
            may_have_hidden(&CallError::NoReply(String::new())) && may_have_hidden(&CallError::Malformed)
        );
        assert!(!may_have_hidden(&CallError::NotSent(String::new())));
    }
}
