//! AWS as one run reaches it: its settings, and one set of credentials for every service.

use std::sync::Arc;

use ureq::http::Uri;

use super::clock::Clock;
use super::credentials::{Credentials, profile_region};
use super::http::{Route, TimeLimits};
use super::region::well_formed;
use super::settings::Settings;
use crate::failure::Failure;
use crate::waiting::{Patience, Waiting};

/// To be made once a run. Clones share the credentials.
#[derive(Clone)]
pub struct Access {
    settings: Arc<Settings>,
    credentials: Arc<Credentials>,
    clock: Arc<Clock>,
    waiting: Waiting,
}

impl Access {
    /// Does no I/O.
    pub fn new(settings: Settings, waiting: Waiting) -> Access {
        let settings = Arc::new(settings);
        let credentials = Credentials::new(Arc::clone(&settings), Patience::new(waiting.clone()));
        Access { credentials: Arc::new(credentials), settings, clock: Arc::default(), waiting }
    }

    /// How far this machine's clock is from that of the servers.
    pub fn clock(&self) -> &Arc<Clock> {
        &self.clock
    }

    /// For a service that is called.
    pub fn new_patience(&self) -> Patience {
        Patience::new(self.waiting.clone())
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub fn credentials(&self) -> &Arc<Credentials> {
        &self.credentials
    }

    /// The region of `what`: the one that it names itself, or the usual one.
    pub fn region(&self, named: Option<&str>, what: &str) -> Result<String, Failure> {
        let usual = || self.settings.region.clone().or_else(|| profile_region(&self.settings));
        let region = named.map(str::to_owned).or_else(usual).ok_or_else(|| {
            Failure::lasting(format!("could not tell the AWS region of {what}; set AWS_REGION"))
        })?;
        well_formed(region)
    }

    /// For calls to the host of `url`, through the proxy that stands before it.
    pub fn route(&self, url: &Uri, limits: &TimeLimits, connections: usize) -> Result<Route, Failure> {
        let roots = self.settings.roots.certificates()?;
        Ok(Route::new(url, self.settings.proxies.for_url(url)?, &roots, limits, connections))
    }
}
