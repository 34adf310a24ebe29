//! SIGTERM, SIGINT, SIGHUP and SIGQUIT: the first asks the program to end, a later SIGTERM or SIGINT ends it now, and
//! so does a program that will not end.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGABRT, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::waiting::StopFlag;

/// After the first signal a run that holds messages gets this long to finish its batch and give the rest back …
const GRACE: Duration = Duration::from_millis(7500);
/// … and a program that holds none this long to say how it ended.
const SHORT_GRACE: Duration = Duration::from_secs(1);
/// Schedulers and terminals may send two signals where one is meant.
const A_SECOND_ONE: Duration = Duration::from_secs(1);

/// What a signal has led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// The run ends by itself, in good order.
    Finish,
    /// The program must end now: a second signal came, or it did not end in time.
    EndNow(&'static str),
}

/// Calls `end` at the first signal, on a thread of its own. As process 1 of a container a program hears no signal
/// that it does not ask for.
pub fn end_at_once(end: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut signals = heard()?;
    thread::Builder::new().spawn(move || signals.forever().next().into_iter().for_each(|_| end()))?;
    Ok(())
}

/// Makes the program end with this code where it would abort: the standard library does so when there is no more
/// memory, after a line that says it. A system that refuses changes nothing.
pub fn end_instead_of_abort(code: i32) {
    let _ = signal_hook::flag::register_conditional_shutdown(SIGABRT, code, Arc::new(AtomicBool::new(true)));
}

/// A signal that whoever started the program has it ignore (`nohup`, a shell's background job) stays ignored.
fn heard() -> io::Result<Signals> {
    let ignored = ignored_signals();
    Signals::new([SIGTERM, SIGINT, SIGHUP, SIGQUIT].into_iter().filter(|signal| !is_in(ignored, *signal)))
}

/// Sets the flag at the first signal, on a thread of its own, where `react` runs too.
pub fn listen(stop: &StopFlag, react: impl Fn(Reaction) + Send + Sync + 'static) -> io::Result<()> {
    let mut signals = heard()?;
    let (stop, react) = (stop.clone(), Arc::new(react));
    thread::Builder::new().spawn(move || {
        let mut coming = signals.forever();
        if coming.next().is_none() {
            return;
        }
        let first = Instant::now();
        stop.set();
        if stop.is_in_the_middle() {
            react(Reaction::Finish);
        }
        let (at_last, watching) = (Arc::clone(&react), stop.clone());
        let waiting = thread::Builder::new().spawn(move || end_at_last(&watching, &*at_last));
        if waiting.is_err() {
            react(Reaction::EndNow(UNFINISHED));
        }
        let asks_again =
            |signal: &i32| matches!(*signal, SIGTERM | SIGINT) && first.elapsed() >= A_SECOND_ONE;
        if coming.any(|signal| asks_again(&signal)) {
            react(Reaction::EndNow("stopped at once; nothing is lost: what was not deleted comes back"));
        }
    })?;
    Ok(())
}

const UNFINISHED: &str = "stopped before all was finished; nothing is lost: what was not deleted comes back";

fn end_at_last(stop: &StopFlag, react: &dyn Fn(Reaction)) {
    thread::sleep(SHORT_GRACE);
    if !stop.is_in_the_middle() {
        react(Reaction::EndNow("stopped by a signal before anything was received"));
    }
    thread::sleep(GRACE - SHORT_GRACE);
    react(Reaction::EndNow(UNFINISHED));
}

/// The signals that this process ignores, a bit each, as Linux tells them.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

fn is_in(mask: u64, signal: i32) -> bool {
    u32::try_from(signal - 1).is_ok_and(|bit| mask.checked_shr(bit).unwrap_or_default() & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_found_in_the_mask_by_its_number() {
        // SIGHUP is 1 and SIGPIPE 13: what `nohup` and Rust's runtime ignore.
        let mask = 0x1001;
        assert!(is_in(mask, SIGHUP));
        assert!(![SIGINT, SIGQUIT, SIGTERM].into_iter().any(|signal| is_in(mask, signal)));
        assert!(is_in(1 << 14, SIGTERM));
    }
}
