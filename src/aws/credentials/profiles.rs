//! A look into the profile files before they are used, for the faults that the provider library hides.

use aws_config::profile::{self, Profile};
use aws_types::os_shim_internal::{Env, Fs};

use super::environment;
use super::refusal::Refusal;

/// What speaks against asking this profile. `named` tells that the user chose it.
pub async fn fault(name: &str, named: bool) -> Option<Refusal> {
    let profiles = match profile::load(&Fs::real(), &Env::real(), &Default::default(), None).await {
        Ok(profiles) => profiles,
        Err(cause) => return Some(Refusal::unreadable_profiles(&cause)),
    };
    match profiles.get_profile(name) {
        // The library treats it like a profile without keys and goes on to other sources:
        // the run would then use credentials that nobody meant.
        None if named => Some(Refusal::no_such_profile()),
        Some(profile) if calls_a_service(profile) => blank_endpoint(),
        _ => None,
    }
}

fn calls_a_service(profile: &Profile) -> bool {
    ["role_arn", "sso_session", "sso_start_url"].into_iter().any(|setting| profile.get(setting).is_some())
}

/// The library ends the whole program when one of these is set to nothing and it has to call that service.
pub fn blank_endpoint() -> Option<Refusal> {
    let names =
        ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"];
    names.into_iter().find(|name| environment::is_blank(name)).map(Refusal::blank)
}
