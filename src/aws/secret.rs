//! Secrets in AWS Secrets Manager: the call that fetches one, and what the text of a database secret says.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use ureq::http::Uri;

use super::access::Access;
use super::call_error::{CallError, Remedy};
use super::error_reply::{ErrorReply, Meaning};
use super::http::TimeLimits;
use super::proxy::is_local;
use super::region;
use super::signed_post::SignedPost;
use crate::failure::{Failure, FailureKind};

const LIMITS: TimeLimits = TimeLimits {
    connect: Duration::from_secs(5),
    response: Duration::from_secs(10),
    body: Duration::from_secs(10),
};

/// What a secret gives. `Debug` hides it.
#[derive(PartialEq, Eq)]
pub enum Secret {
    /// A whole connection URL, or key=value pairs.
    Url(String),
    /// Parts, as libpq's environment variables name them: PGHOST, PGUSER, PGPASSWORD …
    Parts(Vec<(&'static str, String)>),
}

/// Fetches the database secret named `id`.
pub fn fetch(access: &Access, id: &str) -> Result<Secret, Failure> {
    let text = fetch_text(access, id, "--database-secret", Stage::Current)?.unwrap_or_default();
    Secret::read(&text).ok_or_else(|| {
        Failure::lasting(format!("the secret `{id}` is neither a connection URL nor JSON with a password"))
    })
}

/// Which of the two values that a rotated secret has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Current,
    /// `None` where it was never rotated.
    Previous,
}

/// Fetches the text of the secret named `id` (an ARN or a name), from the region that the ARN names or the usual one.
/// `flag` is where somebody named it.
pub fn fetch_text(access: &Access, id: &str, flag: &str, stage: Stage) -> Result<Option<String>, Failure> {
    let region = access.region(region::of_arn(id), "the secret")?;
    let urls = &access.settings().endpoint_urls;
    let variant = access.settings().variant;
    let usual = || format!("https://{}", region::host_of("secretsmanager", &region, variant));
    let endpoint = urls.secrets_manager.clone().unwrap_or_else(usual);
    let uri = address(&endpoint)?;
    let route = access.route(&uri, &LIMITS, 1)?;
    let body = match stage {
        Stage::Current => serde_json::json!({ "SecretId": id }),
        Stage::Previous => serde_json::json!({ "SecretId": id, "VersionStage": "AWSPREVIOUS" }),
    };
    let question = SignedPost {
        uri: &uri,
        service: "secretsmanager",
        region: &region,
        headers: &[
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", "secretsmanager.GetSecretValue"),
        ],
        body: &body.to_string(),
    };
    let text = match question.send(access, &route) {
        Ok(text) => text,
        Err(CallError::Refused(reply))
            if stage == Stage::Previous && reply.meaning() == Meaning::NoSuchThing =>
        {
            return Ok(None);
        }
        Err(error) => return Err(explain(error, id, flag, &endpoint)),
    };
    let answer: Answer = serde_json::from_str(&text)
        .map_err(|_| Failure::lasting(format!("the secret `{id}`, named by {flag}, holds no text")))?;
    Ok(Some(answer.secret_string))
}

/// The URL to post to. In clear text a secret may only go where no network is in between.
fn address(endpoint: &str) -> Result<Uri, Failure> {
    const SETTING: &str = "AWS_ENDPOINT_URL_SECRETS_MANAGER";
    let uri = format!("{}/", endpoint.trim_end_matches('/')).parse::<Uri>().ok();
    let uri = uri.filter(|uri| uri.scheme().is_some() && uri.host().is_some()).ok_or_else(|| {
        Failure::lasting(format!("the endpoint of Secrets Manager is no URL: see {SETTING}"))
    })?;
    if uri.scheme_str() != Some("https") && !uri.host().is_some_and(is_local) {
        return Err(Failure::lasting(format!(
            "the secret would travel in clear text: {SETTING} (or AWS_ENDPOINT_URL) must begin with https://"
        )));
    }
    Ok(uri)
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "SecretString")]
    secret_string: String,
}

fn explain(error: CallError, id: &str, flag: &str, endpoint: &str) -> Failure {
    let temporary = error.remedy() == Remedy::TryAgain;
    let reply = match error {
        CallError::Refused(reply) => reply,
        CallError::NoCredentials(failure) => return failure,
        CallError::Stopped(by, error) => {
            return Failure { kind: FailureKind::Stopped(by), ..explain(*error, id, flag, endpoint) };
        }
        CallError::Untrusted(why) => {
            return Failure::lasting(format!(
                "could not trust Secrets Manager at {endpoint}: {why}; set SSL_CERT_FILE to a CA file"
            ));
        }
        CallError::Barred(why) => {
            return Failure::lasting(format!("could not reach Secrets Manager at {endpoint}: {why}"));
        }
        CallError::NotSent(why) | CallError::NoReply(why) => {
            return Failure::temporary(format!("could not reach Secrets Manager at {endpoint}: {why}"));
        }
        CallError::Malformed | CallError::Unfinished | CallError::Stranger(_) => {
            return Failure::temporary(format!("the answer of Secrets Manager at {endpoint} is none"));
        }
    };
    let ErrorReply { status, code, .. } = &reply;
    if temporary {
        return Failure::temporary(format!(
            "Secrets Manager refused `{id}` again and again (HTTP {status} {code}): try later"
        ));
    }
    let advice = match reply.meaning() {
        Meaning::NoSuchThing => &format!("there is no such secret; check {flag} and the region"),
        Meaning::Denied => "allow secretsmanager:GetSecretValue on it to these credentials",
        _ => "see the AWS Secrets Manager API reference",
    };
    Failure::lasting(format!("Secrets Manager refused `{id}` (HTTP {status} {code}): {advice}"))
}

impl Secret {
    /// The JSON that RDS writes (`username`, `password`, `host`, `port`, `dbname`), or a connection URL.
    fn read(text: &str) -> Option<Secret> {
        let Ok(Value::Object(object)) = serde_json::from_str(text) else {
            return text.contains("://").then(|| Secret::Url(text.trim().to_owned()));
        };
        let names = [
            ("host", "PGHOST"),
            ("port", "PGPORT"),
            ("username", "PGUSER"),
            ("password", "PGPASSWORD"),
            ("dbname", "PGDATABASE"),
        ];
        let part = |(key, variable): (&str, &'static str)| match object.get(key)? {
            Value::String(text) => Some((variable, text.clone())),
            Value::Number(number) => Some((variable, number.to_string())),
            _ => None,
        };
        object.contains_key("password").then(|| Secret::Parts(names.into_iter().filter_map(part).collect()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::settings::{EndpointUrls, Settings};
    use crate::waiting::Waiting;

    #[test]
    fn the_shape_that_rds_writes_and_a_plain_url_are_understood() {
        let rds = r#"{"username":"drain","password":"p w","engine":"postgres","host":"db","port":5432,"dbname":"logins"}"#;
        let parts = [
            ("PGHOST", "db"),
            ("PGPORT", "5432"),
            ("PGUSER", "drain"),
            ("PGPASSWORD", "p w"),
            ("PGDATABASE", "logins"),
        ];
        let parts = parts.map(|(name, value)| (name, value.to_owned())).to_vec();
        assert_eq!(Secret::read(rds), Some(Secret::Parts(parts)));
        let url = "postgresql://drain:pw@db/logins";
        assert_eq!(Secret::read(&format!("{url}\n")), Some(Secret::Url(url.to_owned())));
        for text in ["", "hunter2", "{}", "[]", r#"{"username":"drain"}"#] {
            assert_eq!(Secret::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let table = [
            ("ResourceNotFoundException", "check --database-secret", FailureKind::Lasting),
            ("AccessDeniedException", "allow secretsmanager:GetSecretValue", FailureKind::Lasting),
            ("ThrottlingException", "again and again", FailureKind::Temporary),
        ];
        for (code, advice, kind) in table {
            let reply = ErrorReply { status: 400, code: code.to_owned(), request_id: None };
            let failure = explain(CallError::Refused(reply), "db", "--database-secret", "https://x");
            assert!(failure.text.contains(advice), "{failure}");
            assert_eq!(failure.kind, kind);
        }
    }

    #[test]
    fn a_secret_does_not_travel_in_clear_text() {
        for (url, refused) in [
            ("http://secrets.example:4566", true),
            ("http://10.0.0.1", true),
            ("http://127.0.0.1:4566", false),
            ("http://[::1]:4566", false),
            ("http://localhost:4566", false),
            ("https://secrets.example", false),
        ] {
            let failure = address(url).err();
            assert_eq!(failure.is_some(), refused, "{url}");
            assert!(failure.is_none_or(|failure| failure.text.contains("https://")), "{url}");
        }
    }

    #[test]
    fn nothing_is_asked_where_the_endpoint_would_see_the_secret() {
        let endpoint_urls = EndpointUrls {
            secrets_manager: Some("http://secrets.example".to_owned()),
            ..EndpointUrls::default()
        };
        let settings =
            Settings { region: Some("eu-west-1".to_owned()), endpoint_urls, ..Settings::default() };
        let failure = fetch(&Access::new(settings, Waiting::default()), "db").unwrap_err();
        assert!(failure.text.contains("clear text"), "{failure}");
    }
}
