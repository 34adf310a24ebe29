//! The AWS credentials of a run: one set for all threads, fetched when needed, renewed before it ends.

mod cache;
mod chain;
mod connector;
mod failed_search;
mod files;
mod process;
mod profiles;
mod runtime;
mod source;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::SystemTime;

use aws_credential_types::Credentials as Keys;

use super::settings::Settings;
use crate::failure::Failure;
use crate::waiting::Patience;
use cache::{Cache, Offer};
use chain::Chain;

pub use profiles::{ProfileFiles, profile_region};

/// Hands out credentials to any number of threads. At most one of them fetches at a time; the others
/// go on with the old set while it is valid, and share the outcome when it is not.
pub struct Credentials {
    state: Mutex<State>,
    fetcher: Mutex<Fetch>,
    patience: Patience,
}

#[derive(Default)]
struct State {
    cache: Cache,
    /// Fetches that have ended, well or not.
    fetches: u64,
    last_error: Option<Failure>,
}

/// Where new credentials come from.
type Fetch = Box<dyn FnMut() -> Result<Keys, Failure> + Send>;

impl Credentials {
    /// Does no I/O. A source that is out of reach is waited for as long as `patience` lasts.
    pub fn new(settings: Arc<Settings>, patience: Patience) -> Credentials {
        let chain = Chain::new(settings);
        Credentials { patience, ..Credentials::fetched_by(move || chain.fetch()) }
    }

    pub fn fetched_by(fetch: impl FnMut() -> Result<Keys, Failure> + Send + 'static) -> Credentials {
        let fetcher: Fetch = Box::new(fetch);
        Credentials { state: Mutex::default(), fetcher: Mutex::new(fetcher), patience: Patience::default() }
    }

    /// After AWS has refused the current set: the next call fetches a new one.
    pub fn invalidate(&self) {
        self.state().cache.forget();
    }

    /// The credentials to sign with now.
    pub fn keys(&self) -> Result<Keys, Failure> {
        let (offer, fetches) = {
            let state = self.state();
            (state.cache.offer(SystemTime::now()), state.fetches)
        };
        match offer {
            Offer::Fresh(keys) => Ok(keys),
            Offer::Due(keys) => Ok(self.renew().unwrap_or(keys)),
            Offer::Nothing => self.fetch_or_share(fetches),
        }
    }

    /// Fetches ahead of need, unless another thread is at it. Failure leaves the old set in use.
    fn renew(&self) -> Option<Keys> {
        let mut fetcher = match self.fetcher.try_lock() {
            Ok(fetcher) => fetcher,
            Err(TryLockError::Poisoned(fetcher)) => fetcher.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let offer = self.state().cache.offer(SystemTime::now());
        match offer {
            Offer::Fresh(keys) => Some(keys),
            _ => self.fetch(&mut fetcher).ok(),
        }
    }

    /// Waits for a turn to fetch. Whoever waited while another thread fetched takes that outcome, good or
    /// bad: eight threads without credentials must not search eight times in a row.
    fn fetch_or_share(&self, fetches_before: u64) -> Result<Keys, Failure> {
        let mut fetcher = self.fetcher();
        let shared = {
            let state = self.state();
            let failed = (state.fetches != fetches_before).then(|| state.last_error.clone()).flatten();
            match (state.cache.offer(SystemTime::now()), failed) {
                (Offer::Fresh(keys) | Offer::Due(keys), _) => Some(Ok(keys)),
                (Offer::Nothing, failed) => failed.map(Err),
            }
        };
        shared.unwrap_or_else(|| self.fetch_patiently(&mut fetcher))
    }

    fn fetch_patiently(&self, fetcher: &mut Fetch) -> Result<Keys, Failure> {
        let outcome = self.patience.keep_trying(|| self.fetch(fetcher));
        self.state().last_error = outcome.as_ref().err().cloned();
        outcome
    }

    /// The state is not locked meanwhile, so that threads with valid credentials go on.
    fn fetch(&self, fetcher: &mut Fetch) -> Result<Keys, Failure> {
        let outcome = fetcher();
        let now = SystemTime::now();
        let mut state = self.state();
        state.fetches += 1;
        match &outcome {
            Ok(keys) => {
                self.patience.succeeded();
                state.cache.store(keys.clone(), now);
            }
            Err(_) => state.cache.postpone(now),
        }
        state.last_error = outcome.as_ref().err().cloned();
        outcome
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fetcher(&self) -> MutexGuard<'_, Fetch> {
        self.fetcher.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(hidden)")
    }
}

#[cfg(test)]
mod tests;
