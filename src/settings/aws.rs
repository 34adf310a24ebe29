//! AWS's own variables, which keep their names and meanings.

use std::path::PathBuf;

use super::environment::Environment;
use crate::aws::region::Variant;
use crate::aws::{EndpointUrls, Files, Named, Pointers, ProfileFiles, Proxies, Roots, Settings};

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
    let mut settings = Settings {
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
            instance: set("AWS_EC2_METADATA_SERVICE_ENDPOINT").is_some() || is_on_ec2(),
        },
        roots: set("AWS_CA_BUNDLE").map_or(Roots::System, |path| Roots::File(path.into(), "AWS_CA_BUNDLE")),
        variant: Variant::default(),
        files: Files {
            profiles: [("AWS_CONFIG_FILE", "config"), ("AWS_SHARED_CREDENTIALS_FILE", "credentials")]
                .into_iter()
                .filter_map(|(variable, usual)| profile_file(set(variable), usual, environment))
                .collect(),
            web_identity_token: set("AWS_WEB_IDENTITY_TOKEN_FILE").map(PathBuf::from),
            container_token: set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").map(PathBuf::from),
        },
    };
    let profile = ProfileFiles::read(&settings);
    let either = |variable: &str, setting: &str| {
        set(variable).or_else(|| given(profile.get(setting).map(str::to_owned)))
    };
    let is_true = |text: Option<String>| text.is_some_and(|text| text.eq_ignore_ascii_case("true"));
    settings.variant = Variant {
        fips: is_true(either("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")),
        dual_stack: is_true(either("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")),
    };
    if let (Roots::System, Some(path)) = (&settings.roots, given(profile.get("ca_bundle").map(str::to_owned)))
    {
        settings.roots = Roots::File(path.into(), "ca_bundle of the profile");
    }
    let urls = &mut settings.endpoint_urls;
    if is_true(either("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls")) {
        *urls = EndpointUrls { blank: urls.blank, ..EndpointUrls::default() };
    } else {
        // What is said of one service goes before what is said of all, in the environment and in the profile.
        let of_profile = || given(profile.get("endpoint_url").map(str::to_owned));
        let of = |url: &mut Option<String>, any: &Option<String>, service: &str| {
            let found =
                url.take().or_else(|| any.clone()).or_else(|| given(profile.endpoint_url_of(service)));
            *url = found.or_else(of_profile);
        };
        of(&mut urls.sqs, &urls.any, "sqs");
        of(&mut urls.secrets_manager, &urls.any, "secrets_manager");
        of(&mut urls.sts, &urls.any, "sts");
    }
    settings
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

/// As the machine's firmware has it. Then credentials of the machine may be meant though nothing points to them.
fn is_on_ec2() -> bool {
    let vendor = std::fs::read_to_string("/sys/class/dmi/id/sys_vendor");
    vendor.is_ok_and(|vendor| vendor.trim() == "Amazon EC2")
}

#[cfg(test)]
mod tests;
