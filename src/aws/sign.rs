//! AWS's signature, version 4, of one request.

use std::time::SystemTime;

use aws_credential_types::Credentials as Keys;
pub use aws_sigv4::http_request::SigningSettings;
use aws_sigv4::http_request::{self, SignableBody, SignableRequest, SigningInstructions};
use aws_sigv4::sign::v4::SigningParams;
use aws_smithy_runtime_api::client::identity::Identity;

use crate::failure::Failure;

/// What a signature is made for.
pub struct Scope<'a> {
    pub service: &'a str,
    pub region: &'a str,
    pub at: SystemTime,
}

/// The parts of a request that its signature covers.
pub struct Signed<'a> {
    pub method: &'a str,
    pub url: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
}

pub fn sign(
    request: &Signed<'_>,
    scope: &Scope<'_>,
    keys: &Keys,
    settings: SigningSettings,
) -> Result<SigningInstructions, Failure> {
    let failed =
        || Failure::lasting(format!("could not sign a request to {} in `{}`", scope.service, scope.region));
    let Signed { method, url, headers, body } = *request;
    let request = SignableRequest::new(method, url, headers.iter().copied(), SignableBody::Bytes(body))
        .map_err(|_| failed())?;
    let identity: Identity = keys.clone().into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(scope.region)
        .name(scope.service)
        .time(scope.at)
        .settings(settings)
        .build()
        .map_err(|_| failed())?;
    let output = http_request::sign(request, &params.into()).map_err(|_| failed())?;
    Ok(output.into_parts().0)
}
