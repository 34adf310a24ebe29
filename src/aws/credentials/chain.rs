//! The order in which credential sources are asked, and what an answer that is none means.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_config::Region;
use aws_config::default_provider::{use_dual_stack, use_fips};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials as Keys;
use aws_credential_types::provider::error::CredentialsError;

use super::connector::{self, Latest, Trouble};
use super::failed_search::{Refusal, Tried};
use super::process::Process;
use super::source::{SOURCES, Source};
use super::{files, profiles, runtime};
use crate::aws::settings::Settings;
use crate::failure::Failure;

/// Longer than any source needs; only a credential process that never ends gets this far.
const WHOLE_SEARCH: Duration = Duration::from_secs(60);

/// Asks the sources one after the other: environment, profile, web identity, container, instance.
#[derive(Debug)]
pub struct Chain {
    settings: Arc<Settings>,
    latest: Latest,
}

/// The network of a pod, and what stands in for the metadata service there, may come up seconds after its programs.
const COMES_UP: Duration = Duration::from_secs(6);
const PAUSE: Duration = Duration::from_millis(300);

/// What became of one source.
enum Outcome {
    Found(Keys),
    /// Nobody set this source up: the next one may be asked.
    Absent(String),
    /// Somebody did, so its failure must not be passed over in silence.
    Refused(Refusal),
}

impl Chain {
    pub fn new(settings: Arc<Settings>) -> Chain {
        Chain { settings, latest: Latest::default() }
    }

    pub fn fetch(&self) -> Result<Keys, Failure> {
        let gap = match keys_in_environment(&self.settings) {
            Ok(keys) => return sound(keys, "the environment"),
            Err(gap) => gap,
        };
        let search = async { tokio::time::timeout(WHOLE_SEARCH, self.search(gap)).await };
        runtime::run(search)?.unwrap_or_else(|_| Err(never_ended()))
    }

    async fn search(&self, gap_in_environment: &str) -> Result<Keys, Failure> {
        let mut tried = Tried::default();
        tried.note("the environment", gap_in_environment);
        if let Some(refusal) = profiles::unusable(&self.settings) {
            return Err(tried.refused(&Source::Profile.title(profiles::name(&self.settings)), refusal));
        }
        let config = self.config().await;
        for source in SOURCES {
            let title = source.title(profiles::name(&self.settings));
            match self.try_one(source, &config).await {
                Outcome::Found(keys) => return sound(keys, &title),
                Outcome::Absent(cause) => tried.note(&title, &cause),
                Outcome::Refused(refusal) => return Err(tried.refused(&title, refusal)),
            }
        }
        Err(tried.nothing_found())
    }

    async fn try_one(&self, source: Source, config: &ProviderConfig) -> Outcome {
        if let Some(gap) = source.gap(self.settings.pointers) {
            return Outcome::Absent(gap.into());
        }
        let overlay = match self.examine(source).await {
            Err(refusal) => return Outcome::Refused(refusal),
            Ok(None) => None,
            Ok(Some(process)) => match process.run().await {
                Err(refusal) => return Outcome::Refused(refusal),
                Ok(keys) => match process.keys_are.overlay(&keys) {
                    None => return Outcome::Found(keys),
                    overlay => overlay,
                },
            },
        };
        let until = Instant::now() + COMES_UP;
        loop {
            self.latest.take();
            match source.ask(config, profiles::name(&self.settings), overlay.as_deref()).await {
                Ok(keys) => return Outcome::Found(keys),
                Err(_) if self.may_come_up(source) && Instant::now() < until => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return self.weigh(source, &error),
            }
        }
    }

    /// Nobody said that this machine is an instance, and the network may not be up yet to tell. One that was named is
    /// waited for by whoever asked for credentials.
    fn may_come_up(&self, source: Source) -> bool {
        matches!(source, Source::Instance)
            && !self.settings.pointers.instance
            && self.latest.is_out_of_reach()
    }

    /// The program to run for the keys of this source, if there is one, or what speaks against asking the library for
    /// them: it ends the whole program when the address of a service that it has to call is set to nothing.
    async fn examine(&self, source: Source) -> Result<Option<Process>, Refusal> {
        let tokens = &self.settings.files;
        let fault = match source {
            Source::Profile => return profiles::examine(&self.settings).await,
            Source::WebIdentity => {
                let blank = || self.settings.endpoint_urls.blank.map(Refusal::blank);
                let file = tokens.web_identity_token.as_deref();
                let fault = |file| files::fault_of_token(file, "AWS_WEB_IDENTITY_TOKEN_FILE");
                file.and_then(fault).or_else(blank)
            }
            Source::Container => {
                let file = tokens.container_token.as_deref();
                file.and_then(|file| files::fault_of_token(file, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))
            }
            Source::Instance => None,
        };
        fault.map_or(Ok(None), Err)
    }

    fn weigh(&self, source: Source, error: &CredentialsError) -> Outcome {
        let trouble = self.latest.take();
        let silent = matches!(trouble, Some(Trouble::OutOfReach { .. }));
        let absent = matches!(error, CredentialsError::CredentialsNotLoaded(_))
            && match source {
                Source::Profile => profiles::chosen(&self.settings).is_none() || error.source().is_none(),
                Source::Instance => !(silent && self.settings.pointers.instance),
                Source::WebIdentity | Source::Container => true,
            };
        match (absent, source, error.source()) {
            (true, Source::Profile, None) => {
                Outcome::Absent("it has no keys, role, credential_process or SSO".into())
            }
            (true, ..) => Outcome::Absent(Refusal::new(error, trouble).cause),
            (false, ..) => Outcome::Refused(Refusal::new(error, trouble)),
        }
    }

    /// Begun without a region on purpose: the library's own search for one would ask IMDS.
    async fn config(&self) -> ProviderConfig {
        let client = connector::client(Arc::clone(&self.settings), self.latest.clone());
        let config = ProviderConfig::without_region().with_http_client(client);
        let Settings { region, role_region, .. } = &*self.settings;
        let region = match role_region.as_ref().or(region.as_ref()) {
            Some(region) => Some(region.clone()),
            None => profiles::region(&self.settings).await,
        };
        let fips = use_fips::use_fips_provider(&config).await;
        let dual_stack = use_dual_stack::use_dual_stack_provider(&config).await;
        config.with_use_fips(fips).with_use_dual_stack(dual_stack).with_region(region.map(Region::new))
    }
}

/// Or why there are none.
fn keys_in_environment(settings: &Settings) -> Result<Keys, &'static str> {
    match (&settings.access_key_id, &settings.secret_access_key) {
        _ if settings.profile.is_some() => Err("passed over for --profile"),
        (Some(id), Some(secret)) => {
            Ok(Keys::new(id, secret, settings.session_token.clone(), None, "environment"))
        }
        (Some(_), None) => Err("AWS_SECRET_ACCESS_KEY is not set"),
        (None, Some(_)) => Err("AWS_ACCESS_KEY_ID is not set"),
        (None, None) => Err("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"),
    }
}

/// A key with a line break in it, as from a paste or a mounted file, makes no header that could be sent.
fn sound(keys: Keys, source: &str) -> Result<Keys, Failure> {
    let is_odd = |text: &str| !text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let parts = [
        (Some(keys.access_key_id()), "access key id (AWS_ACCESS_KEY_ID)"),
        (Some(keys.secret_access_key()), "secret access key (AWS_SECRET_ACCESS_KEY)"),
        (keys.session_token(), "session token (AWS_SESSION_TOKEN)"),
    ];
    match parts.iter().find(|(text, _)| text.is_some_and(is_odd)) {
        None => Ok(keys),
        Some((_, part)) => Err(Failure::lasting(format!(
            "could not use the AWS credentials from {source}: the {part} holds a line break or another character \
             that none has; set it again, in one line"
        ))),
    }
}

fn never_ended() -> Failure {
    let seconds = WHOLE_SEARCH.as_secs();
    Failure::temporary(format!(
        "could not get AWS credentials within {seconds} s; look for a credential_process that hangs"
    ))
}
