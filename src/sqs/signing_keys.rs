//! Hands the run's AWS credentials to rusoto, which signs with them.

use async_trait::async_trait;
use rusoto_core::credential::{AwsCredentials, CredentialsError, ProvideAwsCredentials};

use crate::aws::Credentials;
use crate::failure::Failure;

/// The keys to sign with now.
pub fn of(credentials: &Credentials) -> Result<AwsCredentials, Failure> {
    let keys = credentials.keys()?;
    let token = keys.session_token().map(str::to_owned);
    Ok(AwsCredentials::new(keys.access_key_id(), keys.secret_access_key(), token, None))
}

/// The end is not passed on: it is kept here, and the client would only judge it by other rules.
#[async_trait]
impl ProvideAwsCredentials for Credentials {
    async fn credentials(&self) -> Result<AwsCredentials, CredentialsError> {
        of(self).map_err(CredentialsError::new)
    }
}
