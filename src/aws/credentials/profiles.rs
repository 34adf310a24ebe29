//! What the profile files say before they are used for credentials: which profile, its region, its faults.

use std::path::PathBuf;

use aws_config::meta::region::ProvideRegion;
use aws_config::profile::{self, Profile, ProfileFileRegionProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_runtime::env_config::property::PropertiesKey;
use aws_types::os_shim_internal::{Env, Fs};

use super::failed_search::Refusal;
use super::process::{MOST_SOURCES, Process};
use super::{files, runtime};
use crate::aws::settings::Settings;

/// The profile that somebody chose.
pub fn chosen(settings: &Settings) -> Option<&str> {
    settings.profile.as_deref().or(settings.usual_profile.as_deref())
}

/// Also covers an `AWS_PROFILE` that is set to nothing, which the provider library takes for a name.
pub fn name(settings: &Settings) -> &str {
    chosen(settings).unwrap_or("default")
}

/// The region that the profile names, if any. Reads the profile files; asks nobody on the network.
pub fn profile_region(settings: &Settings) -> Option<String> {
    runtime::run(region(settings)).ok()?
}

pub async fn region(settings: &Settings) -> Option<String> {
    if unusable(settings).is_some() {
        return None;
    }
    let builder = ProfileFileRegionProvider::builder().configure(&ProviderConfig::without_region());
    builder.profile_name(name(settings)).build().region().await.map(|region| region.to_string())
}

/// What the profile says besides credentials, each as it is written.
pub struct ProfileFiles {
    profiles: Option<ProfileSet>,
    name: String,
}

impl ProfileFiles {
    /// Files that cannot be read say nothing here: who needs credentials of them says why.
    pub fn read(settings: &Settings) -> ProfileFiles {
        let profiles = match unusable(settings) {
            Some(_) => None,
            None => runtime::run(load()).ok().and_then(Result::ok),
        };
        ProfileFiles { profiles, name: name(settings).to_owned() }
    }

    pub fn get(&self, setting: &str) -> Option<&str> {
        self.profiles.as_ref()?.get_profile(&self.name)?.get(setting)
    }

    /// The address of one service, from the `services` section that the profile names.
    pub fn endpoint_url_of(&self, service: &str) -> Option<String> {
        let key = PropertiesKey::builder()
            .section_key("services")
            .section_name(self.get("services")?)
            .property_name(service)
            .sub_property_name("endpoint_url");
        let sections = self.profiles.as_ref()?.other_sections();
        sections.get(&key.build().ok()?).map(ToString::to_string)
    }
}

/// The program that the profile has its keys from, if it has one, or what speaks against asking the profile for
/// credentials, and the provider library hides.
pub async fn examine(settings: &Settings) -> Result<Option<Process>, Refusal> {
    let profiles = load().await?;
    match fault(&profiles, settings) {
        Some(refusal) => Err(refusal),
        None => Ok(Process::behind(&profiles, name(settings))),
    }
}

fn fault(profiles: &ProfileSet, settings: &Settings) -> Option<Refusal> {
    let tokens = token_files(profiles, name(settings));
    let fault = |file: &PathBuf| files::fault_of_token(file, "web_identity_token_file of the profile");
    if let Some(refusal) = tokens.iter().find_map(fault) {
        return Some(refusal);
    }
    match profiles.get_profile(name(settings)) {
        // The library treats it like a profile without keys and goes on to other sources:
        // the run would then use credentials that nobody meant.
        None if chosen(settings).is_some() => Some(Refusal::no_such_profile()),
        Some(profile) if is_of_console_login(profile) => Some(Refusal::of_console_login()),
        Some(profile) if calls_a_service(profile) => settings.endpoint_urls.blank.map(Refusal::blank),
        _ => None,
    }
}

/// What keeps the profile files from being read at all.
pub fn unusable(settings: &Settings) -> Option<Refusal> {
    files::fault(settings.files.profiles.iter().map(PathBuf::as_path))
}

/// Of the profile and of those that it builds on.
fn token_files(profiles: &ProfileSet, name: &str) -> Vec<PathBuf> {
    let source = |profile: &&Profile| profiles.get_profile(profile.get("source_profile")?);
    std::iter::successors(profiles.get_profile(name), source)
        // A circle is for the library to tell.
        .take(MOST_SOURCES)
        .filter_map(|profile| profile.get("web_identity_token_file").map(PathBuf::from))
        .collect()
}

async fn load() -> Result<ProfileSet, Refusal> {
    let loaded = profile::load(&Fs::real(), &Env::real(), &Default::default(), None).await;
    loaded.map_err(|cause| Refusal::unreadable_profiles(&cause))
}

/// Made by `aws login`, whose sessions only the AWS tools read.
fn is_of_console_login(profile: &Profile) -> bool {
    profile.get("login_session").is_some() && profile.get("aws_access_key_id").is_none()
}

fn calls_a_service(profile: &Profile) -> bool {
    ["role_arn", "sso_session", "sso_start_url"].into_iter().any(|setting| profile.get(setting).is_some())
}
