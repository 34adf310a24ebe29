//! The way from settings to an open queue and a database session, where AWS is asked for what only it knows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use crate::aws;
use crate::drain::Ended;
use crate::drain::left_on_queue::LeftOnQueue;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::postgres::schema::{self, Expected, Weight};
use crate::postgres::{Limits, Login, NewPassword, PostgresStore, RunFacts, Session};
use crate::queue::{Queue, QueueAttributes, USUAL_VISIBILITY_TIMEOUT};
use crate::report::StopReason;
use crate::report::{Left, Summary, Tally};
use crate::screen::standard_error;
use crate::settings::{self, Database, DatabaseAuth, Drain};
use crate::sqs::{self, Asking, Details, SqsQueue};
use crate::watchdog::Watchdog;

/// The login of a database, for any number of sessions. A secret is fetched here, once.
pub fn login(database: &Database) -> Result<Login, Failure> {
    let target = match &database.login {
        settings::Login::Known(target) => target.as_ref().clone(),
        settings::Login::Secret(secret) => secret.target(aws::fetch(&database.aws, &secret.id)?)?,
    };
    standard_error::warnings(target.warnings());
    let aws = database.aws.clone();
    let new_password: Option<NewPassword> = match database.auth {
        DatabaseAuth::Password => None,
        DatabaseAuth::RdsIam if !target.always_encrypts() => {
            return Err(Failure::permanent(
                "--database-auth rds-iam would send its token in clear text to a server without TLS: \
                 set sslmode=verify-full, or at least require",
            ));
        }
        DatabaseAuth::RdsIam => {
            Some(Arc::new(move |host, port, user| aws::rds_token(&aws, host, port, user)))
        }
    };
    Ok(Login { target, new_password })
}

/// A session that is opened when it is needed.
pub fn session(database: &Database, login: Login) -> Session {
    Session::new(login, watchdog(), Limits::of(database.timeout))
}

/// A database that answers nothing would hold the program for ever.
fn watchdog() -> Watchdog {
    Watchdog::start(|step: &'static str, limit: Duration| {
        standard_error::error(&format!(
            "PostgreSQL did not answer for {} s while {step}; nothing is lost, the next run goes on",
            limit.as_secs()
        ));
        Exit::TryLater.now();
    })
}

pub fn queue(
    queue: &settings::Queue,
    longest_wait: Duration,
    in_flight: usize,
    asking: Asking,
) -> Result<SqsQueue, Failure> {
    SqsQueue::open(sqs::Settings {
        endpoint: queue.endpoint.clone(),
        queue: queue.name.clone(),
        aws: queue.aws.clone(),
        longest_wait,
        in_flight,
        asking,
    })
}

/// A queue with what it said of itself before the run.
pub struct OpenedQueue {
    pub queue: SqsQueue,
    /// `None` where we may not ask.
    attributes: Option<QueueAttributes>,
}

impl OpenedQueue {
    pub fn visibility_timeout(&self) -> Duration {
        self.attributes.as_ref().map_or(USUAL_VISIBILITY_TIMEOUT, |told| told.visibility_timeout)
    }

    /// After so many receives the queue's redrive policy moves a message.
    pub fn most_receives(&self) -> Option<u32> {
        self.attributes.as_ref()?.redrive.as_ref().map(|redrive| redrive.max_receive_count)
    }

    fn fate_of(&self, left: &LeftOnQueue) -> Left {
        let retention = self.attributes.as_ref().map(|told| told.retention);
        let moved_after = self.most_receives().zip(left.most_receives);
        Left {
            blocked_groups: left.blocked_groups(),
            expires_at: left
                .oldest_sent_at
                .zip(retention)
                .and_then(|(sent_at, kept)| sent_at.checked_add(time::Duration::try_from(kept).ok()?)),
            receives_left: moved_after.map(|(most, received)| most.saturating_sub(received)),
        }
    }
}

/// Opens the queue and asks it once what it is, so that nothing is received from what is no queue, and nothing
/// that could not be sent on.
pub fn queue_to_drain(settings: &Drain) -> Result<OpenedQueue, Failure> {
    let details = match settings.sends_dead_letters() {
        true => Details::ForDeadLetters,
        false => Details::SentAt,
    };
    let limits = &settings.run.limits;
    let wait = Duration::from_secs(u64::from(limits.wait_seconds));
    let asking = Asking { visibility_timeout: None, details };
    let mut queue = queue(&settings.queue, wait, limits.receivers, asking)?;
    let attributes = queue.ask_at_start()?;
    if settings.sends_dead_letters() {
        queue.dead_letter_to(settings.dead_letter_queue_url.as_deref())?;
    }
    Ok(OpenedQueue { queue, attributes })
}

/// Connects and checks the tables, so that nothing is received that could not be stored.
pub fn store(settings: &Drain, mut session: Session) -> Result<PostgresStore, Failure> {
    let now = OffsetDateTime::now_utc();
    let expected = Expected { today: now.date(), mask_width: settings.run.masker.width() };
    let judged = schema::judge(&mut session, expected)?;
    let hopeless: Vec<String> =
        judged.judgement.of_weight(Weight::RefusesAll).map(ToString::to_string).collect();
    let place = match judged.place {
        Some(place) if hopeless.is_empty() => place,
        _ => return Err(Failure::permanent(hopeless.join("; "))),
    };
    for finding in judged.judgement.of_weight(Weight::RefusesSome) {
        standard_error::warning(&finding.to_string());
    }
    let facts = RunFacts { create_date: now.date(), started_at: now, table_routes_rows: false };
    Ok(PostgresStore::new(session, place, facts))
}

/// The run as it is told, with what the queue says of itself at the end.
pub fn summary(
    settings: &Drain,
    ended: &Ended,
    opened: &OpenedQueue,
    tally: Tally,
    started: Instant,
) -> Summary {
    let error = ended.reason.as_ref().err().map(|failure| failure.text.clone());
    if let Some(why) = &ended.dead_letter_refusal {
        standard_error::warning(&format!(
            "the dead-letter queue does not take every message ({why}): these stay"
        ));
    }
    let depth = match error {
        Some(_) => None,
        None => opened.queue.attributes().ok().flatten().map(|attributes| attributes.depth),
    };
    Summary {
        tally: Tally { calls: opened.queue.calls(), ..tally },
        elapsed: started.elapsed(),
        stopped_because: ended.reason.as_ref().map_or(StopReason::Failed, |reason| *reason),
        error,
        queue: depth,
        left: opened.fate_of(&ended.left),
        dry_run: settings.dry_run,
    }
}
