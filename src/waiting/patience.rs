//! The patience with one service: a clock that runs while the service has no success, and pauses that grow.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use super::stop_flag::StopFlag;
use crate::failure::{Failure, FailureKind, StoppedBy};

/// The shortest first pause. Each later one of the same call is twice as long and more.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// While a service has successes in between, no pause is longer …
const LONGEST_WHILE_IT_ANSWERS: Duration = Duration::from_millis(200);
/// … and never longer than this.
const LONGEST: Duration = Duration::from_secs(5);
/// A pause is no longer than this part of the time that the service has failed for …
const PART_OF_FAILING: u32 = 4;
/// … and of one that throttles: it is there, and lets one call in a few through. Long pauses between so few would
/// use up the patience by themselves.
const PART_OF_THROTTLING: u32 = 40;
/// What must be done before the program ends may be tried for so long after a signal.
const AFTER_A_SIGNAL: Duration = Duration::from_secs(4);
/// A service that is waited for longer than this is named, once.
const SILENT_FOR: Duration = Duration::from_secs(5);

/// What bounds the waiting of one command, whichever service it waits for.
#[derive(Clone)]
pub struct Waiting {
    pub stop: StopFlag,
    /// A service may be without any success for so long.
    pub patience: Duration,
    /// When `--max-seconds` are over.
    pub deadline: Option<Instant>,
    /// Tells people whom the program waits for.
    pub tell: fn(&str),
}

impl Default for Waiting {
    /// No patience, and nobody to tell.
    fn default() -> Waiting {
        Waiting { stop: StopFlag::default(), patience: Duration::ZERO, deadline: None, tell: |_| () }
    }
}

/// The clock of one service. Clones share it, and any number of threads use it at once.
#[derive(Clone, Default)]
pub struct Patience(Arc<Service>);

#[derive(Default)]
struct Service {
    waiting: Waiting,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When the first of the tries began that failed since the last success.
    failing_since: Option<Instant>,
    answered: bool,
    told: bool,
}

/// The pauses of one call.
pub struct Pauses {
    growing: ExponentialBackoff,
    /// The last try failed because the service was asked too often.
    pub is_throttled: bool,
}

impl Default for Pauses {
    fn default() -> Pauses {
        let growing = ExponentialBuilder::new().with_min_delay(FIRST_PAUSE).with_max_delay(LONGEST);
        Pauses { growing: growing.with_jitter().without_max_times().build(), is_throttled: false }
    }
}

impl Pauses {
    /// The next one, after a service has failed for so long.
    fn next(&mut self, failing_for: Duration) -> Duration {
        let part = if self.is_throttled { PART_OF_THROTTLING } else { PART_OF_FAILING };
        let longest = (failing_for / part).clamp(LONGEST_WHILE_IT_ANSWERS, LONGEST);
        self.growing.next().unwrap_or(LONGEST).min(longest)
    }
}

/// What a signal does to a call that is being tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// It is given up at once.
    ASignal,
    /// It belongs to an end in good order, and may be tried a little longer.
    TheEnd,
}

/// Why no further try is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GaveUp {
    OutOfPatience,
    Stopped(StoppedBy),
}

impl GaveUp {
    /// The failure of the last try, as it is to end the run.
    pub fn because_of(self, failure: Failure) -> Failure {
        match self {
            GaveUp::OutOfPatience => failure,
            GaveUp::Stopped(by) => Failure { kind: FailureKind::Stopped(by), ..failure },
        }
    }
}

impl Patience {
    pub fn new(waiting: Waiting) -> Patience {
        Patience(Arc::new(Service { waiting, state: Mutex::default() }))
    }

    pub fn succeeded(&self) {
        *self.state() = State { failing_since: None, answered: true, told: false };
    }

    /// Tries until something succeeds, fails for good, or has been waited for long enough.
    pub fn keep_trying<T>(&self, mut try_once: impl FnMut() -> Result<T, Failure>) -> Result<T, Failure> {
        let mut pauses = Pauses::default();
        loop {
            let began = Instant::now();
            let failure = match try_once() {
                Err(failure) if failure.is_temporary() => failure,
                outcome => {
                    self.succeeded();
                    return outcome;
                }
            };
            let waited = self.pause(&mut pauses, began, Until::ASignal, || failure.text.clone());
            waited.map_err(|gave_up| gave_up.because_of(failure))?;
        }
    }

    /// Waits before the next try, after one that began at `began` and failed; `why` is asked for only where it is
    /// told.
    pub fn pause(
        &self,
        pauses: &mut Pauses,
        began: Instant,
        until: Until,
        why: impl FnOnce() -> String,
    ) -> Result<(), GaveUp> {
        let Waiting { stop, patience, deadline, tell } = &self.0.waiting;
        let (failing_since, answered, tell_now) = {
            let mut state = self.state();
            let since = *state.failing_since.get_or_insert(began);
            let tell_now = !state.told && since.elapsed() >= SILENT_FOR;
            state.told |= tell_now;
            (since, state.answered, tell_now)
        };
        let failing_for = failing_since.elapsed();
        if failing_for >= *patience {
            return Err(GaveUp::OutOfPatience);
        }
        let time_is_up = match answered {
            true => GaveUp::Stopped(StoppedBy::MaxSeconds),
            false => GaveUp::OutOfPatience,
        };
        let time_left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if time_left.is_some_and(|left| left.is_zero()) && until == Until::ASignal {
            return Err(time_is_up);
        }
        if tell_now {
            tell(&format!("waiting for up to {} s: {}", patience.as_secs(), why()));
        }
        let pause = pauses.next(failing_for);
        let pause = pause.min(patience.saturating_sub(failing_for));
        match until {
            Until::ASignal if stop.wait(time_left.map_or(pause, |left| pause.min(left))) => {
                Err(GaveUp::Stopped(StoppedBy::Signal))
            }
            Until::ASignal => Ok(()),
            Until::TheEnd => {
                if let Some(since) = stop.set_at() {
                    let left = AFTER_A_SIGNAL.saturating_sub(since.elapsed());
                    if left.is_zero() {
                        return Err(GaveUp::Stopped(StoppedBy::Signal));
                    }
                    thread::sleep(pause.min(LONGEST_WHILE_IT_ANSWERS));
                } else {
                    stop.wait(pause);
                }
                Ok(())
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(patience: u64) -> Patience {
        Patience::new(Waiting { patience: Duration::from_secs(patience), ..Waiting::default() })
    }

    fn ago(seconds: u64) -> Instant {
        Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap()
    }

    fn pause(service: &Patience, began: Instant, until: Until) -> Result<(), GaveUp> {
        service.pause(&mut Pauses::default(), began, until, String::new)
    }

    #[test]
    fn patience_is_counted_from_the_first_failure_since_the_last_success() {
        let service = service(60);
        assert_eq!(pause(&service, ago(59), Until::ASignal), Ok(()));
        assert_eq!(pause(&service, ago(1), Until::ASignal), Ok(()), "59 s and a little");
        service.succeeded();
        assert_eq!(pause(&service, ago(1), Until::ASignal), Ok(()));
        assert_eq!(pause(&service, ago(100), Until::ASignal), Ok(()), "another call was the first to fail");
        service.succeeded();
        assert_eq!(pause(&service, ago(60), Until::ASignal), Err(GaveUp::OutOfPatience));
    }

    #[test]
    fn a_signal_ends_a_pause_and_leaves_time_for_an_end_in_good_order() {
        let service = service(60);
        service.0.waiting.stop.set();
        let stopped = Err(GaveUp::Stopped(StoppedBy::Signal));
        assert_eq!(pause(&service, ago(30), Until::ASignal), stopped);
        assert_eq!(pause(&service, ago(30), Until::TheEnd), Ok(()));
    }

    #[test]
    fn a_time_limit_ends_the_waiting_and_is_an_early_end_only_of_a_service_that_has_answered() {
        let deadline = Some(Instant::now());
        let service =
            Patience::new(Waiting { patience: Duration::from_secs(60), deadline, ..Waiting::default() });
        assert_eq!(pause(&service, ago(1), Until::ASignal), Err(GaveUp::OutOfPatience));
        service.succeeded();
        let stopped = Err(GaveUp::Stopped(StoppedBy::MaxSeconds));
        assert_eq!(pause(&service, ago(1), Until::ASignal), stopped);
        assert_eq!(pause(&service, ago(1), Until::TheEnd), Ok(()));
    }

    #[test]
    fn a_service_that_throttles_is_asked_again_sooner_than_one_that_is_out() {
        let longest = |is_throttled| {
            let mut pauses = Pauses { is_throttled, ..Pauses::default() };
            pauses.growing.nth(8);
            pauses.next(Duration::from_secs(8))
        };
        assert_eq!((longest(true), longest(false)), (Duration::from_millis(200), Duration::from_secs(2)));
    }

    #[test]
    fn pauses_grow() {
        let mut pauses = Pauses::default().growing;
        let first = pauses.next().unwrap();
        assert!(first < FIRST_PAUSE * 3, "{first:?}");
        assert!(pauses.nth(8).unwrap() >= LONGEST);
    }
}
