//! AWS's own variables, which keep their names and meanings.

use std::path::PathBuf;

use super::environment::Environment;
use crate::aws::{EndpointUrls, Files, Named, Pointers, Proxies, Settings};

/// `profile` and `region` are what the command line says. A blank text counts as not given.
pub fn read(environment: &Environment, profile: Option<String>, region: Option<String>) -> Settings {
    let given =
        |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let set = |name: &str| given(environment.get(name));
    let is_blank = |name: &str| environment.is_set(name) && set(name).is_none();
    // The services that may be called for credentials.
    let credential_endpoints =
        ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_SSO", "AWS_ENDPOINT_URL_SSO_OIDC"];
    let first = |names: &[&'static str]| {
        names.iter().find_map(|variable| Some(Named { variable, url: set(variable)? }))
    };
    Settings {
        access_key_id: set("AWS_ACCESS_KEY_ID"),
        secret_access_key: set("AWS_SECRET_ACCESS_KEY"),
        session_token: set("AWS_SESSION_TOKEN"),
        profile: given(profile),
        usual_profile: set("AWS_PROFILE"),
        region: given(region).or_else(|| set("AWS_REGION")).or_else(|| set("AWS_DEFAULT_REGION")),
        role_region: None,
        endpoint_urls: EndpointUrls {
            sqs: set("AWS_ENDPOINT_URL_SQS"),
            secrets_manager: set("AWS_ENDPOINT_URL_SECRETS_MANAGER"),
            sts: set("AWS_ENDPOINT_URL_STS"),
            any: set("AWS_ENDPOINT_URL"),
            blank: credential_endpoints.into_iter().find(|name| is_blank(name)),
        },
        proxies: Proxies {
            for_https: first(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]),
            for_http: first(&["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]),
            exceptions: set("NO_PROXY").or_else(|| set("no_proxy")).unwrap_or_default(),
        },
        pointers: Pointers {
            web_identity: set("AWS_WEB_IDENTITY_TOKEN_FILE").is_some(),
            container: set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").is_some()
                || set("AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some(),
            instance: set("AWS_EC2_METADATA_SERVICE_ENDPOINT").is_some(),
        },
        files: Files {
            profiles: [("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")]
                .into_iter()
                .filter_map(|(variable, usual)| profile_file(set(variable), usual, environment))
                .collect(),
            web_identity_token: set("AWS_WEB_IDENTITY_TOKEN_FILE").map(PathBuf::from),
            container_token: set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").map(PathBuf::from),
        },
    }
}

/// The named file, in which `~/` is the home directory, or the usual one of that directory.
fn profile_file(named: Option<String>, usual: &str, environment: &Environment) -> Option<PathBuf> {
    let home = || environment.get("HOME").map(PathBuf::from);
    match named {
        Some(named) => match named.strip_prefix("~/") {
            Some(below) => Some(home()?.join(below)),
            None => Some(PathBuf::from(named)),
        },
        None => Some(home()?.join(".aws").join(usual)),
    }
}

#[cfg(test)]
mod tests;
