//! The AWS credentials of a run: one set for all threads, fetched when needed, renewed before it ends.

mod cache;
mod chain;
mod connector;
mod environment;
mod profiles;
mod refusal;
mod source;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::SystemTime;

use aws_credential_types::Credentials as Keys;

use crate::failure::Failure;
use cache::{Cache, Offer};
use chain::Chain;

/// Hands out credentials to any number of threads. At most one of them fetches at a time; the others
/// go on with the old set while it is valid, and share the outcome when it is not.
pub struct Credentials {
    state: Mutex<State>,
    fetcher: Mutex<Box<dyn Fetch + Send>>,
}

#[derive(Default)]
struct State {
    cache: Cache,
    /// Fetches that have ended, well or not.
    fetches: u64,
    last_error: Option<Failure>,
}

/// Where new credentials come from.
trait Fetch {
    fn fetch(&mut self) -> Result<Keys, Failure>;
    fn profile_region(&mut self) -> Option<String>;
    fn use_region(&mut self, region: &str);
}

impl Credentials {
    /// Does no I/O. `profile` is the one named on the command line: it goes before keys in the environment.
    /// `AWS_PROFILE` does not, and is read here when no profile is given.
    pub fn new(profile: Option<String>) -> Credentials {
        let profile = profile.filter(|name| !name.trim().is_empty());
        Credentials::from_source(Box::new(Chain::new(profile)))
    }

    fn from_source(fetcher: Box<dyn Fetch + Send>) -> Credentials {
        Credentials { state: Mutex::default(), fetcher: Mutex::new(fetcher) }
    }

    /// After AWS has refused the current set: the next call fetches a new one.
    pub fn invalidate(&self) {
        self.state().cache.forget();
    }

    /// The region that the profile names, if any. Reads the profile files; asks nobody on the network.
    pub fn profile_region(&self) -> Option<String> {
        self.fetcher().profile_region()
    }

    /// Roles are assumed in this region, whatever the environment and the profile say.
    pub fn use_region(&self, region: &str) {
        self.fetcher().use_region(region);
    }

    /// Why the last fetch failed; nothing once one has succeeded.
    pub fn last_error(&self) -> Option<Failure> {
        self.state().last_error.clone()
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
            _ => self.fetch(fetcher.as_mut()).ok(),
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
        shared.unwrap_or_else(|| self.fetch(fetcher.as_mut()))
    }

    /// The state is not locked meanwhile, so that threads with valid credentials go on.
    fn fetch(&self, fetcher: &mut (dyn Fetch + Send)) -> Result<Keys, Failure> {
        let outcome = fetcher.fetch();
        let now = SystemTime::now();
        let mut state = self.state();
        state.fetches += 1;
        match &outcome {
            Ok(keys) => state.cache.store(keys.clone(), now),
            Err(_) => state.cache.postpone(now),
        }
        state.last_error = outcome.as_ref().err().cloned();
        outcome
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fetcher(&self) -> MutexGuard<'_, Box<dyn Fetch + Send>> {
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
