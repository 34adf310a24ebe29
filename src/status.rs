//! Whether the last drains of each queue worked: the judgement over the table of runs, as text and as JSON.

pub mod json;
pub mod text;

use std::time::Duration;

use crate::store::{FinishedRun, QueueHistory};

/// Which queues are to be judged.
pub enum Asked {
    Every,
    /// By its identity, which is the same for every spelling of its URL.
    Identity(String),
    /// By the last part of its URL, in whatever region or account.
    Name(String),
}

/// What is to be told of all queues that were asked for.
pub struct Status {
    pub max_age: Duration,
    /// Empty where the table holds no run of what was asked for.
    pub queues: Vec<QueueStatus>,
}

/// One queue, judged.
pub struct QueueStatus {
    pub history: QueueHistory,
    pub health: Health,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// A good run ended not too long ago, and no later one asks for a person.
    Fresh,
    TooOld,
    /// The last run ended with 1: it will not mend itself.
    Failing,
    /// No good run is recorded.
    Never,
}

impl Health {
    pub fn code(self) -> &'static str {
        match self {
            Health::Fresh => "fresh",
            Health::TooOld => "too_old",
            Health::Failing => "failing",
            Health::Never => "never",
        }
    }
}

impl Status {
    pub fn judge(histories: Vec<QueueHistory>, asked: &Asked, max_age: Duration) -> Status {
        let queues = wanted(joined(histories), asked).into_iter().map(|history| {
            let health = health(&history, max_age);
            QueueStatus { history, health }
        });
        Status { max_age, queues: queues.collect() }
    }

    /// Every queue is, and there is one.
    pub fn is_healthy(&self) -> bool {
        !self.queues.is_empty() && self.queues.iter().all(|queue| queue.health == Health::Fresh)
    }
}

fn health(history: &QueueHistory, max_age: Duration) -> Health {
    let failed = history.last.as_ref().is_some_and(|last| last.exit_code == 1);
    match &history.good {
        None => Health::Never,
        Some(_) if failed => Health::Failing,
        Some(good) if good.age_seconds > max_age.as_secs() => Health::TooOld,
        Some(_) => Health::Fresh,
    }
}

/// The last part of an identity, which is the name alone where there is no more.
pub fn name(queue: &str) -> &str {
    queue.rsplit('/').next().unwrap_or_default()
}

/// A run that failed before it knew more than the name may have been of any queue of that name.
fn joined(histories: Vec<QueueHistory>) -> Vec<QueueHistory> {
    let (whole, mut bare): (Vec<_>, Vec<_>) =
        histories.into_iter().partition(|history| history.queue.contains('/'));
    let whole = whole.into_iter().map(|history| {
        let of_its_name = bare.iter().find(|bare| bare.queue == name(&history.queue));
        let nameless = of_its_name.and_then(|bare| bare.last.clone());
        QueueHistory { last: newer(history.last, nameless), ..history }
    });
    let mut joined: Vec<_> = whole.collect();
    bare.retain(|bare| joined.iter().all(|history| name(&history.queue) != bare.queue));
    joined.append(&mut bare);
    joined
}

fn newer(one: Option<FinishedRun>, other: Option<FinishedRun>) -> Option<FinishedRun> {
    one.into_iter().chain(other).max_by_key(|run| run.ended_at)
}

fn wanted(histories: Vec<QueueHistory>, asked: &Asked) -> Vec<QueueHistory> {
    let is_asked_for = |history: &QueueHistory| match asked {
        Asked::Every => true,
        Asked::Identity(identity) => history.queue == *identity || history.queue == name(identity),
        Asked::Name(asked) => name(&history.queue) == asked,
    };
    histories.into_iter().filter(is_asked_for).collect()
}

/// Rejects among a hundred messages; `None` where none was received.
pub fn percent(rejected: u64, received: u64) -> Option<f64> {
    (received > 0).then(|| (rejected as f64 * 1000.0 / received as f64).round() / 10.0)
}
