//! Whose credentials these are, as AWS's Security Token Service tells: a question that needs no permission.

use std::time::Duration;

use ureq::http::Uri;

use super::access::Access;
use super::call_error::{CallError, Remedy};
use super::error_reply::{Meaning, element};
use super::http::TimeLimits;
use super::region;
use super::signed_post::SignedPost;
use crate::failure::{Failure, FailureKind};

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
    let question = SignedPost { uri: &uri, service: "sts", region, headers: &[FORM], body: QUESTION };
    let text = question.send(access, &route).map_err(|error| explain(error, &endpoint))?;
    element(&text, "Arn")
        .filter(|arn| arn.starts_with("arn:"))
        .ok_or_else(|| Failure::temporary(format!("the answer of STS at {endpoint} names nobody")))
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
