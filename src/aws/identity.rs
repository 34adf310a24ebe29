//! Whose credentials these are, as AWS's Security Token Service tells: a question that needs no permission.

use std::time::Duration;

use aws_sigv4::http_request::SigningSettings;
use ureq::http::Uri;

use super::access::Access;
use super::call::{Calling, call};
use super::call_error::{CallError, Remedy};
use super::error_reply::{ErrorReply, Meaning, element};
use super::http::{Route, TimeLimits};
use super::region;
use super::sign::{Scope, Signed, sign};
use crate::failure::{Failure, FailureKind};
use crate::waiting::Until;

const LIMITS: TimeLimits = TimeLimits {
    connect: Duration::from_secs(2),
    response: Duration::from_secs(3),
    body: Duration::from_secs(3),
};
const QUESTION: &str = "Action=GetCallerIdentity&Version=2011-06-15";
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The ARN of the user or the role, which names its account.
pub fn identity(access: &Access, region: &str) -> Result<String, Failure> {
    let urls = &access.settings().endpoint_urls;
    let usual = || format!("https://{}", region::host_of("sts", region, access.settings().variant));
    let endpoint = urls.sts.clone().unwrap_or_else(usual);
    let uri: Uri = format!("{}/", endpoint.trim_end_matches('/'))
        .parse()
        .map_err(|_| Failure::lasting("the endpoint of STS is no URL: see AWS_ENDPOINT_URL_STS"))?;
    let route = access.route(&uri, &LIMITS, 1)?;
    let calling = Calling {
        credentials: access.credentials(),
        clock: access.clock(),
        patience: &access.new_patience(),
        until: Until::ASignal,
    };
    let text = call(calling, |_| (), || post(&route, &uri, access, region))
        .map_err(|error| explain(error, &endpoint))?;
    element(&text, "Arn")
        .filter(|arn| arn.starts_with("arn:"))
        .ok_or_else(|| Failure::temporary(format!("the answer of STS at {endpoint} names nobody")))
}

fn post(route: &Route, uri: &Uri, access: &Access, region: &str) -> Result<String, CallError> {
    let host = uri.authority().map(ToString::to_string).unwrap_or_default();
    let (headers, url) = ([("host", host.as_str()), FORM], uri.to_string());
    let request = Signed { method: "POST", url: &url, headers: &headers, body: QUESTION.as_bytes() };
    let scope = Scope { service: "sts", region, at: access.clock().server_time() };
    let keys = access.credentials().keys().map_err(CallError::NoCredentials)?;
    let signed =
        sign(&request, &scope, &keys, SigningSettings::default()).map_err(CallError::NoCredentials)?;
    let headers = [FORM].into_iter().chain(signed.headers());
    let request = headers.fold(route.agent.post(uri), |request, (name, value)| request.header(name, value));
    let mut reply = request.send(QUESTION.as_bytes()).map_err(|error| route.failed(&error))?;
    let text = reply.body_mut().read_to_string().map_err(|error| route.failed(&error))?;
    if let Some(refusal) = route.refusal(reply.status().as_u16()) {
        return Err(refusal);
    }
    match reply.status().as_u16() {
        200 => Ok(text),
        status => Err(CallError::Refused(ErrorReply::read(status, &text, None))),
    }
}

fn explain(error: CallError, endpoint: &str) -> Failure {
    let temporary = error.remedy() == Remedy::TryAgain;
    match error {
        CallError::NoCredentials(failure) => failure,
        CallError::Stopped(by, error) => {
            Failure { kind: FailureKind::Stopped(by), ..explain(*error, endpoint) }
        }
        CallError::Barred(why) => Failure::lasting(format!("could not reach STS at {endpoint}: {why}")),
        CallError::Untrusted(why) => Failure::lasting(format!(
            "could not trust STS at {endpoint}: {why}; set SSL_CERT_FILE to a CA file"
        )),
        CallError::Refused(reply) if !temporary => {
            let advice = match (reply.meaning(), reply.code.as_str()) {
                (_, "ExpiredToken" | "ExpiredTokenException") => {
                    "the session token has expired; renew the credentials"
                }
                (Meaning::StaleCredentials, _) => {
                    "these credentials are not known there; check the access key, and that it belongs to this partition"
                }
                (_, "SignatureDoesNotMatch") => {
                    "the secret key does not belong to the access key, or the clock is wrong"
                }
                _ => "see the AWS STS API reference",
            };
            Failure::lasting(format!("STS refused these credentials ({}): {advice}", reply.told()))
        }
        CallError::Refused(reply) => {
            Failure::temporary(format!("STS at {endpoint} refused again and again ({})", reply.told()))
        }
        CallError::NotSent(why) | CallError::NoReply(why) => {
            Failure::temporary(format!("could not reach STS at {endpoint}: {why}"))
        }
        CallError::Malformed | CallError::Unfinished | CallError::Stranger(_) => {
            Failure::temporary(format!("the answer of STS at {endpoint} is none"))
        }
    }
}
