//! The plan of faults: what goes wrong, at which call, and how often it has.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::action::Action;
use super::random::Random;

/// Before or after the action is performed: after it, the work is done and only the reply is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Before,
    After,
}

/// How a reply that is cut announces its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Content-Length of the whole reply; the connection is closed at the cut.
    FullLength,
    /// Chunked without the last chunk; the connection is closed at the cut.
    Chunked,
    /// Content-Length of the cut reply: HTTP is right, only the text is broken.
    RightLength,
}

/// Positions are 0-based places in a batch or in a reply; those that are not there are ignored.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This HTTP status and body in place of the reply. HTML is announced as such.
    Status { stage: Stage, status: u16, body: String },
    /// An AWS error by its Query code (`ExpiredToken`, `OverLimit`, ...); nothing is performed.
    Code(&'static str),
    /// The connection is reset.
    Reset(Stage),
    /// No answer for this long, then the connection is closed.
    Mute(Stage, Duration),
    /// One byte of the reply per interval.
    SlowBytes(Duration),
    /// The body of the reply is cut at this many bytes.
    Truncate { at: usize, ending: Ending },
    /// A header with the byte 0xE9, as some proxies send.
    OddHeader,
    /// The `Date` header is off by this many seconds.
    ClockOffset(i64),
    /// The checksum of the message at this position does not fit its body.
    WrongMd5(usize),
    /// These entries of a batch are not performed and come back as failed.
    FailEntries { positions: Vec<usize>, sender_fault: bool },
    /// These entries of a batch fail with `ReceiptHandleIsInvalid`.
    StaleHandles(Vec<usize>),
    /// A receive that says "empty" and leaves the queue as it is.
    FalseEmpty,
    /// Each message of this receive stands in it twice, with two receipt handles and one id.
    /// The reply may then hold up to twice as many messages as asked for.
    DuplicateNow,
    /// Each message of this receive is visible again for the next, as a copy with the same id.
    DuplicateNext,
    /// After the action, every message in flight is visible again; handles stay good until re-received.
    ExpireVisibility,
    /// This much later than usual.
    Latency(Duration),
}

impl Fault {
    /// A gateway's page with status 200.
    pub fn html() -> Fault {
        let body = "<html><body><h1>Welcome</h1></body></html>".to_string();
        Fault::Status { stage: Stage::Before, status: 200, body }
    }

    /// Status 200 with an empty body.
    pub fn empty() -> Fault {
        Fault::Status { stage: Stage::Before, status: 200, body: String::new() }
    }
}

/// Calls are counted from 1, and from the moment the fault is set; `Action::Any` counts them all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    Nth(Action, u64),
    Next(Action, u64),
    Always(Action),
    /// Each call with this probability, from the server's seed.
    Chance(Action, f64),
}

/// Names a fault in a plan, to ask how often it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FaultId(usize);

struct Planned {
    id: FaultId,
    fault: Fault,
    when: When,
    calls: u64,
    hits: u64,
    cleared: bool,
}

pub struct Plan {
    /// Spares the lock on every call of a server without faults.
    empty: AtomicBool,
    inner: Mutex<(Vec<Planned>, Random)>,
}

impl Plan {
    pub fn new(seed: u64) -> Plan {
        Plan { empty: AtomicBool::new(true), inner: Mutex::new((Vec::new(), Random::new(seed))) }
    }

    pub fn add(&self, fault: Fault, when: When) -> FaultId {
        let mut inner = self.inner.lock().unwrap();
        let id = FaultId(inner.0.len());
        inner.0.push(Planned { id, fault, when, calls: 0, hits: 0, cleared: false });
        self.empty.store(false, Ordering::Release);
        id
    }

    pub fn clear(&self) {
        for planned in &mut self.inner.lock().unwrap().0 {
            planned.cleared = true;
        }
    }

    pub fn hits(&self, id: FaultId) -> u64 {
        self.inner.lock().unwrap().0.iter().find(|planned| planned.id == id).map_or(0, |planned| planned.hits)
    }

    /// The faults that befall this call.
    pub fn due(&self, action: Action) -> Due {
        if self.empty.load(Ordering::Acquire) {
            return Due::default();
        }
        let mut inner = self.inner.lock().unwrap();
        let (plan, random) = &mut *inner;
        Due(plan.iter_mut().filter_map(|planned| planned.strike(action, random)).collect())
    }
}

impl Planned {
    fn strike(&mut self, action: Action, random: &mut Random) -> Option<Fault> {
        let (When::Nth(of, _) | When::Next(of, _) | When::Always(of) | When::Chance(of, _)) = self.when;
        if self.cleared || (of != Action::Any && of != action) {
            return None;
        }
        self.calls += 1;
        let strikes = match self.when {
            When::Nth(_, n) => self.calls == n,
            When::Next(_, n) => self.calls <= n,
            When::Always(_) => true,
            When::Chance(_, probability) => random.chance(probability),
        };
        self.hits += u64::from(strikes);
        strikes.then(|| self.fault.clone())
    }
}

/// The faults of one call.
#[derive(Default)]
pub struct Due(Vec<Fault>);

impl Due {
    /// The first answer that `pick` finds among the faults.
    pub fn find<T>(&self, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(pick)
    }

    pub fn any(&self, is: impl Fn(&Fault) -> bool) -> bool {
        self.0.iter().any(is)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strikes(when: When, calls: &[Action]) -> Vec<bool> {
        let plan = Plan::new(1);
        plan.add(Fault::FalseEmpty, when);
        calls.iter().map(|action| plan.due(*action).any(|_| true)).collect()
    }

    #[test]
    fn a_fault_strikes_at_the_calls_it_is_planned_for() {
        use Action::{Any, DeleteMessageBatch as Delete, ReceiveMessage as Receive};
        let calls = [Receive, Delete, Receive, Receive];
        assert_eq!(strikes(When::Nth(Receive, 2), &calls), [false, false, true, false]);
        assert_eq!(strikes(When::Next(Receive, 2), &calls), [true, false, true, false]);
        assert_eq!(strikes(When::Always(Any), &calls), [true; 4]);
        assert_eq!(strikes(When::Chance(Any, 0.0), &calls), [false; 4]);
        assert_eq!(strikes(When::Chance(Any, 1.0), &calls), [true; 4]);
    }

    #[test]
    fn a_cleared_fault_strikes_no_more_and_remembers_its_hits() {
        let plan = Plan::new(1);
        let id = plan.add(Fault::FalseEmpty, When::Always(Action::Any));
        assert!(plan.due(Action::ReceiveMessage).any(|_| true));
        plan.clear();
        assert!(!plan.due(Action::ReceiveMessage).any(|_| true));
        assert_eq!(plan.hits(id), 1);
    }
}
