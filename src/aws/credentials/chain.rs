//! The order in which credential sources are asked, and the private runtime they are asked on.

use std::error::Error;
use std::time::Duration;

use aws_config::Region;
use aws_config::default_provider::{use_dual_stack, use_fips};
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials as Keys;
use aws_credential_types::provider::error::CredentialsError;
use tokio::runtime::Builder;

use super::Fetch;
use super::connector::{self, Latest, Trouble};
use super::environment::{self, is_set, variable};
use super::profiles;
use super::refusal::{Refusal, Tried};
use super::source::{SOURCES, Source};
use crate::failure::Failure;

/// Longer than any source needs; only a credential process that never ends gets this far.
const WHOLE_SEARCH: Duration = Duration::from_secs(60);

/// Asks the sources one after the other: environment, profile, web identity, container, instance.
#[derive(Debug)]
pub struct Chain {
    /// The profile that was asked for on the command line; then keys in the environment do not count.
    profile: Option<String>,
    /// The region that SQS is called in, once known; STS is asked there too.
    region: Option<String>,
    latest: Latest,
}

/// What became of one source.
enum Outcome {
    Found(Keys),
    /// Nobody set this source up: the next one may be asked.
    Absent(String),
    /// Somebody did, so its failure must not be passed over in silence.
    Refused(Refusal),
}

impl Chain {
    pub fn new(profile: Option<String>) -> Chain {
        Chain { profile, region: None, latest: Latest::default() }
    }

    /// Runs on a runtime of its own, built anew: a search is rare, and keys in the environment need none.
    fn run<T>(&self, search: impl Future<Output = T>) -> Result<T, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(no_runtime)?;
        let found = runtime.block_on(search);
        // Not waiting for a look-up or a credential process that was given up.
        runtime.shutdown_background();
        Ok(found)
    }

    async fn search(&self) -> Result<Keys, Failure> {
        let mut tried = Tried::default();
        tried.note("the environment", &environment::gap(self.profile.is_some()));
        let config = self.config().await;
        for source in SOURCES {
            let title = source.title(&self.profile_name());
            match self.try_one(source, &config).await {
                Outcome::Found(keys) => return Ok(keys),
                Outcome::Absent(cause) => tried.note(&title, &cause),
                Outcome::Refused(refusal) => return Err(tried.refused(&title, refusal)),
            }
        }
        Err(tried.nothing_found())
    }

    async fn try_one(&self, source: Source, config: &ProviderConfig) -> Outcome {
        if let Some(gap) = source.gap() {
            return Outcome::Absent(gap.into());
        }
        if let Some(refusal) = self.fault(source).await {
            return Outcome::Refused(refusal);
        }
        self.latest.take();
        match source.ask(config, &self.profile_name()).await {
            Ok(keys) => Outcome::Found(keys),
            Err(error) => self.weigh(source, &error),
        }
    }

    async fn fault(&self, source: Source) -> Option<Refusal> {
        match source {
            Source::Profile => profiles::fault(&self.profile_name(), self.named_profile().is_some()).await,
            Source::WebIdentity => profiles::blank_endpoint(),
            Source::Container | Source::Instance => None,
        }
    }

    fn weigh(&self, source: Source, error: &CredentialsError) -> Outcome {
        let trouble = self.latest.take();
        let silent = matches!(trouble, Some(Trouble::OutOfReach { .. }));
        let absent = matches!(error, CredentialsError::CredentialsNotLoaded(_))
            && match source {
                Source::Profile => self.named_profile().is_none() || error.source().is_none(),
                Source::Instance => !(silent && is_set("AWS_EC2_METADATA_SERVICE_ENDPOINT")),
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

    fn named_profile(&self) -> Option<String> {
        self.profile.clone().or_else(|| variable("AWS_PROFILE"))
    }

    /// Also covers an `AWS_PROFILE` that is set to nothing, which the library takes for a name.
    fn profile_name(&self) -> String {
        self.named_profile().unwrap_or_else(|| "default".into())
    }

    async fn config(&self) -> ProviderConfig {
        let config = self.bare_config();
        let region = match self.region.clone().or_else(environment::region) {
            Some(region) => Some(Region::new(region)),
            None => self.region_of_profile().await,
        };
        let fips = use_fips::use_fips_provider(&config).await;
        let dual_stack = use_dual_stack::use_dual_stack_provider(&config).await;
        config.with_use_fips(fips).with_use_dual_stack(dual_stack).with_region(region)
    }

    /// Without a region on purpose: the library's own search for one would ask IMDS.
    fn bare_config(&self) -> ProviderConfig {
        ProviderConfig::without_region().with_http_client(connector::client(self.latest.clone()))
    }

    async fn region_of_profile(&self) -> Option<Region> {
        let builder = ProfileFileRegionProvider::builder().configure(&self.bare_config());
        builder.profile_name(self.profile_name()).build().region().await
    }
}

impl Fetch for Chain {
    fn fetch(&mut self) -> Result<Keys, Failure> {
        if self.profile.is_none()
            && let Some(keys) = environment::keys()
        {
            return Ok(keys);
        }
        let search = async { tokio::time::timeout(WHOLE_SEARCH, self.search()).await };
        self.run(search)?.unwrap_or_else(|_| Err(never_ended()))
    }

    fn profile_region(&mut self) -> Option<String> {
        let region = self.run(self.region_of_profile()).ok()?;
        region.map(|region| region.to_string())
    }

    fn use_region(&mut self, region: &str) {
        self.region = Some(region.to_owned());
    }
}

fn no_runtime(cause: std::io::Error) -> Failure {
    Failure::unreachable(format!("could not start the search for AWS credentials: {cause}"))
}

fn never_ended() -> Failure {
    let seconds = WHOLE_SEARCH.as_secs();
    Failure::unreachable(format!(
        "could not get AWS credentials within {seconds} s; look for a credential_process that hangs"
    ))
}
