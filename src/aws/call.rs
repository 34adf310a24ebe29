//! One call to AWS from first try to result: pauses between tries, new credentials once, and the right time once.

use std::time::Instant;

use super::call_error::{CallError, Remedy};
use super::clock::Clock;
use super::credentials::Credentials;
use crate::waiting::{GaveUp, Patience, Pauses, Until};

/// What the calls to one service share.
#[derive(Clone, Copy)]
pub struct Calling<'a> {
    pub credentials: &'a Credentials,
    pub clock: &'a Clock,
    pub patience: &'a Patience,
    /// What a signal does to this call.
    pub until: Until,
}

/// Tries until the call succeeds, cannot succeed, or the service has been waited for long enough.
/// `before_retry` is called once for each try after the first, with the error of the one before.
pub fn call<T>(
    calling: Calling<'_>,
    mut before_retry: impl FnMut(&CallError),
    mut try_once: impl FnMut() -> Result<T, CallError>,
) -> Result<T, CallError> {
    let Calling { credentials, clock, patience, until } = calling;
    let (mut renewed, mut corrected) = (false, false);
    let mut pauses = Pauses::default();
    loop {
        // Asked for beforehand, because a failure to get them has a sentence of its own; they are waited for there.
        credentials.keys().map_err(CallError::NoCredentials)?;
        let began = Instant::now();
        let error = match try_once() {
            Ok(result) => {
                patience.succeeded();
                return Ok(result);
            }
            Err(error) => error,
        };
        match error.remedy() {
            Remedy::TryAgain => {
                pauses.is_throttled = error.is_throttling();
                if let Err(gave_up) = patience.pause(&mut pauses, began, until, || error.told()) {
                    return Err(match gave_up {
                        GaveUp::OutOfPatience => error,
                        GaveUp::Stopped(by) => CallError::Stopped(by, Box::new(error)),
                    });
                }
            }
            Remedy::RenewCredentials if !renewed => {
                renewed = true;
                credentials.invalidate();
            }
            Remedy::CorrectClock if !corrected && clock.is_off() => {
                corrected = true;
                clock.correct();
            }
            // Some servers call a clock that is off an expired signature.
            Remedy::RenewCredentials if !corrected && clock.is_off() => {
                corrected = true;
                clock.correct();
            }
            Remedy::RenewCredentials | Remedy::CorrectClock | Remedy::Nothing => return Err(error),
        }
        before_retry(&error);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use aws_credential_types::Credentials as Keys;
    use time::{Duration as TimeDifference, OffsetDateTime};

    use super::*;
    use crate::aws::error_reply::ErrorReply;
    use crate::failure::Failure;
    use crate::waiting::Waiting;

    fn refused(code: &str) -> CallError {
        CallError::Refused(ErrorReply { status: 400, code: code.to_owned(), request_id: None })
    }

    /// How often a call is tried and how many sets of keys are fetched when `error` is all it brings.
    fn tries(error: &CallError, clock: &Clock) -> (u32, u32) {
        let fetches = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counted = std::sync::Arc::clone(&fetches);
        let credentials = Credentials::fetched_by(move || {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok(Keys::new("AK", "secret", None, None, "test"))
        });
        let (tried, retried) = (Cell::new(0), Cell::new(0));
        let waiting = Waiting { patience: Duration::from_millis(200), ..Waiting::default() };
        let patience = Patience::new(waiting);
        let outcome: Result<(), CallError> = call(
            Calling { credentials: &credentials, clock, patience: &patience, until: Until::ASignal },
            |_| retried.set(retried.get() + 1),
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
    fn what_passes_is_tried_until_patience_ends_and_what_lasts_once() {
        let right = Clock::default();
        assert!(tries(&refused("RequestThrottled"), &right).0 > 1);
        assert!(tries(&CallError::NoReply("x".to_owned()), &right).0 > 1);
        assert_eq!(tries(&refused("AccessDenied"), &right), (1, 1));
        assert_eq!(tries(&CallError::Untrusted("x".to_owned()), &right), (1, 1));
    }

    #[test]
    fn stale_credentials_are_renewed_once() {
        assert_eq!(tries(&refused("ExpiredToken"), &Clock::default()), (2, 2));
    }

    #[test]
    fn a_signature_that_a_wrong_clock_spoils_is_made_once_more_with_the_time_of_the_server() {
        let off = Clock::default();
        off.note("Tue, 24 Nov 2026 11:00:00 GMT", OffsetDateTime::now_utc());
        assert_eq!(tries(&refused("SignatureDoesNotMatch"), &off), (2, 1));
        assert!(off.correction() != TimeDifference::ZERO);
        assert_eq!(tries(&refused("SignatureDoesNotMatch"), &Clock::default()), (1, 1));
    }

    #[test]
    fn without_credentials_no_try_is_made() {
        let credentials = Credentials::fetched_by(|| Err(Failure::lasting("none anywhere")));
        let (clock, patience) = (Clock::default(), Patience::default());
        let calling =
            Calling { credentials: &credentials, clock: &clock, patience: &patience, until: Until::ASignal };
        let outcome: Result<(), CallError> = call(calling, |_| (), || unreachable!());
        assert_eq!(outcome, Err(CallError::NoCredentials(Failure::lasting("none anywhere"))));
    }
}
