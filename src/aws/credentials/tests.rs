//! The proof that threads share one set of credentials and one outcome, and that failures are not kept.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, SystemTime};

use crate::aws::credentials::{Credentials, Keys};
use crate::failure::Failure;

/// Answers the nth fetch with the nth outcome, and the last one again after that.
fn scripted(outcomes: Vec<Result<Keys, Failure>>) -> (Credentials, Arc<AtomicUsize>) {
    let fetches = Arc::new(AtomicUsize::new(0));
    let counted = fetches.clone();
    let credentials = Credentials::fetched_by(move || {
        let turn = counted.fetch_add(1, Ordering::SeqCst);
        // Long enough for the other threads to queue up; the outcome does not rest on it.
        std::thread::sleep(Duration::from_millis(50));
        outcomes[turn.min(outcomes.len() - 1)].clone()
    });
    (credentials, fetches)
}

fn keys(id: &str, seconds: Option<i64>) -> Result<Keys, Failure> {
    let now = SystemTime::now();
    let end = seconds.map(|seconds| match u64::try_from(seconds) {
        Ok(ahead) => now + Duration::from_secs(ahead),
        Err(_) => now - Duration::from_secs(seconds.unsigned_abs()),
    });
    Ok(Keys::new(id, "hunter2", None, end, "test"))
}

fn failed() -> Result<Keys, Failure> {
    Err(Failure::temporary("could not fetch"))
}

fn id(credentials: &Credentials) -> String {
    credentials.keys().map_or_else(|failure| failure.text, |keys| keys.access_key_id().to_owned())
}

/// Asks from eight threads at once.
fn ids_of_eight(credentials: &Credentials) -> Vec<String> {
    let start = Barrier::new(8);
    let ask = || {
        start.wait();
        id(credentials)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn eight_threads_fetch_once() {
    let (credentials, fetches) = scripted(vec![keys("A", None), keys("B", None)]);
    assert_eq!(ids_of_eight(&credentials), vec!["A"; 8]);
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
}

#[test]
fn a_failure_is_told_but_not_kept() {
    let (credentials, _) = scripted(vec![failed(), keys("A", None)]);
    assert_eq!(id(&credentials), "could not fetch");
    assert_eq!(id(&credentials), "A");
}

#[test]
fn after_a_refusal_the_next_call_fetches_once() {
    let (credentials, fetches) = scripted(vec![keys("A", None), keys("B", None)]);
    assert_eq!(id(&credentials), "A");
    credentials.invalidate();
    assert_eq!(ids_of_eight(&credentials), vec!["B"; 8]);
    assert_eq!(fetches.load(Ordering::SeqCst), 2);
}

#[test]
fn a_set_past_its_end_is_not_used_again() {
    let (credentials, _) = scripted(vec![keys("A", Some(-1)), keys("B", None)]);
    assert_eq!(id(&credentials), "A");
    assert_eq!(id(&credentials), "B");
}

#[test]
fn a_failed_renewal_leaves_the_old_set_in_use() {
    let (credentials, fetches) = scripted(vec![failed()]);
    // Taken an hour before its end, and now within the last five minutes.
    let taken = SystemTime::now() - Duration::from_secs(3500);
    credentials.state().cache.store(keys("A", Some(100)).unwrap(), taken);
    assert_eq!(id(&credentials), "A");
    assert_eq!(id(&credentials), "A");
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
}

#[test]
fn a_renewal_that_works_brings_the_new_set() {
    let (credentials, fetches) = scripted(vec![keys("B", Some(3600))]);
    let taken = SystemTime::now() - Duration::from_secs(3500);
    credentials.state().cache.store(keys("A", Some(100)).unwrap(), taken);
    assert!(ids_of_eight(&credentials).iter().all(|id| id == "A" || id == "B"));
    assert_eq!(id(&credentials), "B");
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
}

#[test]
fn debug_hides_everything() {
    let (credentials, _) = scripted(vec![keys("AKID", None)]);
    id(&credentials);
    let shown = format!("{credentials:?}");
    assert!(!shown.contains("hunter2") && !shown.contains("AKID"));
}
