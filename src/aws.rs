//! Signed requests to AWS services besides SQS: a database token, a database secret.

pub mod credentials;
pub mod http;
mod proxy;
mod rds_token;
mod resolver;
mod secret;

use std::time::SystemTime;

use aws_credential_types::Credentials as Keys;
use aws_sigv4::http_request::{self, SignableBody, SignableRequest, SigningInstructions, SigningSettings};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;

use crate::failure::Failure;

pub use rds_token::{region_of_host, token};
pub use secret::{Secret, fetch};

/// What a signature is made for.
struct Scope<'a> {
    service: &'a str,
    region: &'a str,
    at: SystemTime,
}

fn sign(
    request: SignableRequest<'_>,
    scope: &Scope<'_>,
    keys: &Keys,
    settings: SigningSettings,
) -> Result<SigningInstructions, Failure> {
    let identity: Identity = keys.clone().into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(scope.at)
        .settings(settings)
        .build()
        .map_err(|_| unsigned(scope))?;
    let output = http_request::sign(request, &params.into()).map_err(|_| unsigned(scope))?;
    Ok(output.into_parts().0)
}

fn request<'a>(
    method: &'a str,
    url: &'a str,
    headers: &'a [(&'a str, &'a str)],
    body: &'a [u8],
    scope: &Scope<'_>,
) -> Result<SignableRequest<'a>, Failure> {
    SignableRequest::new(method, url, headers.iter().copied(), SignableBody::Bytes(body))
        .map_err(|_| unsigned(scope))
}

fn unsigned(scope: &Scope<'_>) -> Failure {
    Failure::permanent(format!("could not sign a request to {} in `{}`", scope.service, scope.region))
}

/// `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME`
pub fn region_of_arn(id: &str) -> Option<String> {
    id.starts_with("arn:").then(|| id.split(':').nth(3).map(str::to_owned)).flatten()
}

pub fn no_region_for_login() -> Failure {
    Failure::permanent("could not tell the AWS region of the database's login; set AWS_REGION")
}
