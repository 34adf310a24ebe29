//! The credential sources behind the environment: their names, what points to each, and how to ask one.

use std::time::Duration;

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::imds;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_credential_types::Credentials as Keys;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};

use crate::aws::settings::Pointers;

/// Elsewhere than on an instance, nobody answers a connection to this service, or the network says so at once …
const INSTANCE_CONNECTS: Duration = Duration::from_secs(1);
/// … and on a busy instance a proxy for it may need a while.
const INSTANCE_ANSWERS: Duration = Duration::from_secs(4);

/// In the order they are asked.
pub const SOURCES: [Source; 4] = [Source::Profile, Source::WebIdentity, Source::Container, Source::Instance];

#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// Keys, a role, a credential process or SSO.
    Profile,
    /// A token file, as EKS mounts it for IRSA.
    WebIdentity,
    /// ECS, and EKS Pod Identity.
    Container,
    /// EC2.
    Instance,
}

impl Source {
    pub fn title(self, profile: &str) -> String {
        match self {
            Source::Profile => format!("profile `{profile}`"),
            Source::WebIdentity => "web identity".into(),
            Source::Container => "the ECS/EKS container endpoint".into(),
            Source::Instance => "EC2 IMDSv2".into(),
        }
    }

    /// What is not set, when nothing points to this source at all.
    pub fn gap(self, pointers: Pointers) -> Option<&'static str> {
        match self {
            Source::WebIdentity if !pointers.web_identity => Some("AWS_WEB_IDENTITY_TOKEN_FILE is not set"),
            Source::Container if !pointers.container => {
                Some("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set")
            }
            _ => None,
        }
    }

    /// A provider for each question: one that failed once never answers again. `overlay` goes before the profile files.
    pub async fn ask(
        self,
        config: &ProviderConfig,
        profile: &str,
        overlay: Option<&str>,
    ) -> Result<Keys, CredentialsError> {
        match self {
            Source::Profile => {
                let builder = ProfileFileCredentialsProvider::builder().configure(config);
                let builder = match overlay {
                    None => builder,
                    Some(overlay) => builder.profile_files(
                        EnvConfigFiles::builder()
                            .include_default_config_file(true)
                            .include_default_credentials_file(true)
                            .with_contents(EnvConfigFileKind::Credentials, overlay)
                            .build(),
                    ),
                };
                builder.profile_name(profile).build().provide_credentials().await
            }
            Source::WebIdentity => {
                let builder = WebIdentityTokenCredentialsProvider::builder().configure(config);
                builder.build().provide_credentials().await
            }
            Source::Container => {
                EcsCredentialsProvider::builder().configure(config).build().provide_credentials().await
            }
            Source::Instance => {
                // Tried again by whoever asks, who knows for how long.
                let client = imds::Client::builder().configure(config).max_attempts(1);
                let client = client.connect_timeout(INSTANCE_CONNECTS).read_timeout(INSTANCE_ANSWERS).build();
                let builder = ImdsCredentialsProvider::builder().configure(config).imds_client(client);
                builder.build().provide_credentials().await
            }
        }
    }
}
