//! One call to AWS from first try to result: pauses between tries, and new credentials once.

use std::time::{Duration, Instant};

use backon::{BlockingRetryable, ExponentialBuilder};

use super::call_error::{CallError, Remedy};
use super::credentials::Credentials;

/// Tries of one call after the first.
const RETRIES: usize = 5;
/// The shortest first pause. Each later one is twice as long, and each is lengthened at random up to twofold.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// No try starts later than this after the first.
const LONGEST: Duration = Duration::from_secs(30);

/// Tries until the call succeeds, cannot succeed, or has been tried often enough.
/// `before_retry` is called once for each try after the first.
pub fn call<T>(
    credentials: &Credentials,
    before_retry: impl Fn(),
    mut try_once: impl FnMut() -> Result<T, CallError>,
) -> Result<T, CallError> {
    let backoff = ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .with_max_times(RETRIES);
    let started = Instant::now();
    let mut renewed = false;
    let may_help = |error: &CallError| match error.remedy() {
        Remedy::TryAgain => started.elapsed() < LONGEST,
        Remedy::RenewCredentials if !renewed => {
            renewed = true;
            credentials.invalidate();
            true
        }
        Remedy::RenewCredentials | Remedy::Nothing => false,
    };
    // Asked for beforehand, because a failure to get them has a sentence of its own.
    let with_keys = || credentials.keys().map_err(CallError::NoCredentials).and_then(|_| try_once());
    with_keys.retry(backoff).when(may_help).notify(|_, _| before_retry()).call()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use aws_credential_types::Credentials as Keys;

    use super::*;
    use crate::aws::error_reply::ErrorReply;
    use crate::failure::Failure;

    fn refused(code: &str) -> CallError {
        CallError::Refused(ErrorReply { status: 400, code: code.to_owned(), request_id: None })
    }

    /// How often a call is tried and how many sets of keys are fetched when `error` is all it brings.
    fn tries(error: &CallError) -> (u32, u32) {
        let fetches = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counted = std::sync::Arc::clone(&fetches);
        let credentials = Credentials::fetched_by(move || {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok(Keys::new("AK", "secret", None, None, "test"))
        });
        let (tried, retried) = (Cell::new(0), Cell::new(0));
        let outcome: Result<(), CallError> = call(
            &credentials,
            || retried.set(retried.get() + 1),
            || {
                tried.set(tried.get() + 1);
                Err(error.clone())
            },
        );
        assert_eq!(outcome.as_ref(), Err(error));
        assert_eq!(retried.get() + 1, tried.get());
        (tried.get(), fetches.load(std::sync::atomic::Ordering::Relaxed))
    }

    #[test]
    fn what_passes_is_tried_six_times_and_what_lasts_once() {
        assert_eq!(tries(&refused("RequestThrottled")), (6, 1));
        assert_eq!(tries(&CallError::NoReply("x".to_owned())), (6, 1));
        assert_eq!(tries(&refused("AccessDenied")), (1, 1));
        assert_eq!(tries(&CallError::Untrusted("x".to_owned())), (1, 1));
    }

    #[test]
    fn stale_credentials_are_renewed_once() {
        assert_eq!(tries(&refused("ExpiredToken")), (2, 2));
    }

    #[test]
    fn without_credentials_no_try_is_made() {
        let credentials = Credentials::fetched_by(|| Err(Failure::lasting("none anywhere")));
        let outcome: Result<(), CallError> = call(&credentials, || (), || unreachable!());
        assert_eq!(outcome, Err(CallError::NoCredentials(Failure::lasting("none anywhere"))));
    }
}
