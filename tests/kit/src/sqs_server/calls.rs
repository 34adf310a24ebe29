//! The record of calls: a counter per action, and a log that can be switched off.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::action::Action;
use super::parameters::Parameters;

/// One call as it came in, whatever became of it.
#[derive(Debug, Clone)]
pub struct Call {
    pub action: Action,
    pub queue: String,
    pub at: Instant,
    pub wait_seconds: Option<u32>,
    pub max_messages: Option<u32>,
    pub visibility_timeout: Option<u32>,
    /// Length of a batch, 0 for a single-message action.
    pub entries: usize,
    pub json: bool,
}

/// What a server was asked so far.
#[derive(Debug, Clone, Default)]
pub struct Calls {
    counters: Vec<u64>,
    /// In order of arrival; empty if the log is off.
    pub log: Vec<Call>,
}

impl Calls {
    pub fn count(&self, action: Action) -> u64 {
        self.counters.get(action as usize).copied().unwrap_or_default()
    }

    pub fn total(&self) -> u64 {
        self.counters.iter().sum()
    }

    pub fn of(&self, action: Action) -> impl Iterator<Item = &Call> {
        self.log.iter().filter(move |call| call.action == action)
    }
}

pub struct Recorder {
    counters: [AtomicU64; Action::ALL.len()],
    log: Option<Mutex<Vec<Call>>>,
}

impl Recorder {
    pub fn new(log: bool) -> Recorder {
        Recorder { counters: Default::default(), log: log.then(Mutex::default) }
    }

    pub fn note(&self, action: Action, parameters: &Parameters, json: bool) {
        self.counters[action as usize].fetch_add(1, Ordering::Relaxed);
        let Some(log) = &self.log else { return };
        log.lock().unwrap().push(Call {
            action,
            queue: parameters.queue().to_string(),
            at: Instant::now(),
            wait_seconds: parameters.wait_time_seconds,
            max_messages: parameters.max_number_of_messages,
            visibility_timeout: parameters.visibility_timeout,
            entries: parameters.entries.len(),
            json,
        });
    }

    pub fn so_far(&self) -> Calls {
        Calls {
            counters: self.counters.iter().map(|counter| counter.load(Ordering::Relaxed)).collect(),
            log: self.log.as_ref().map(|log| log.lock().unwrap().clone()).unwrap_or_default(),
        }
    }
}
