//! What the user and the environment say about AWS, read once and never changed.

use std::fmt;
use std::path::PathBuf;

use super::proxy::Proxies;
use super::region::Variant;
use super::roots::Roots;

/// A blank text counts as not given, and is `None` here.
#[derive(Clone, Default)]
pub struct Settings {
    /// Keys that stand in the environment themselves.
    pub access_key_id: Option<String>,
    pub secret_access_key: Option<String>,
    pub session_token: Option<String>,
    /// Named on the command line: goes before keys in the environment.
    pub profile: Option<String>,
    /// From `AWS_PROFILE`, which does not.
    pub usual_profile: Option<String>,
    /// Where calls go that nothing else places.
    pub region: Option<String>,
    /// Where roles are assumed, if not there: where the service stands that they are assumed for.
    pub role_region: Option<String>,
    pub endpoint_urls: EndpointUrls,
    pub proxies: Proxies,
    pub roots: Roots,
    pub variant: Variant,
    pub pointers: Pointers,
    pub files: Files,
}

/// Addresses to call instead of AWS's own.
#[derive(Clone, Default)]
pub struct EndpointUrls {
    pub sqs: Option<String>,
    pub secrets_manager: Option<String>,
    pub sts: Option<String>,
    /// For services that have none of their own.
    pub any: Option<String>,
    /// The variable of an address for a credential service, where it is set to nothing.
    pub blank: Option<&'static str>,
}

/// Which credential sources somebody has pointed to.
#[derive(Clone, Copy, Default)]
pub struct Pointers {
    pub web_identity: bool,
    pub container: bool,
    /// To a metadata service of its own, not the usual one.
    pub instance: bool,
}

/// Files that the provider library finds by itself, where the environment says that they are.
#[derive(Clone, Default)]
pub struct Files {
    pub profiles: Vec<PathBuf>,
    pub web_identity_token: Option<PathBuf>,
    pub container_token: Option<PathBuf>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Proxies and endpoints may hold passwords too.
        f.debug_struct("Settings").field("region", &self.region).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_everything_secret() {
        let secret = || Some("hunter2".to_owned());
        let endpoint_urls = EndpointUrls { any: secret(), ..EndpointUrls::default() };
        let settings = Settings {
            access_key_id: secret(),
            secret_access_key: secret(),
            session_token: secret(),
            endpoint_urls,
            ..Settings::default()
        };
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
