//! A database secret in AWS Secrets Manager: the call that fetches it, and what its text says.

use std::fmt;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as Keys;
use aws_sigv4::http_request::SigningSettings;
use serde::Deserialize;
use serde_json::Value;

use super::{Scope, request, sign};
use crate::aws::http::{self, TimeLimits};
use crate::failure::Failure;

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

/// Fetches the secret named `id` (an ARN or a name) from `endpoint`.
pub fn fetch(id: &str, endpoint: &str, region: &str, keys: &Keys) -> Result<Secret, Failure> {
    let body = serde_json::json!({ "SecretId": id }).to_string();
    let url = format!("{}/", endpoint.trim_end_matches('/'));
    let uri: ureq::http::Uri = url.parse().map_err(|_| {
        Failure::permanent("the endpoint of Secrets Manager is no URL: see AWS_ENDPOINT_URL_SECRETS_MANAGER")
    })?;
    let host = uri.authority().map(ToString::to_string).unwrap_or_default();
    let headers = [
        ("host", host.as_str()),
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", "secretsmanager.GetSecretValue"),
    ];
    let scope = Scope { service: "secretsmanager", region, at: SystemTime::now() };
    let signed = sign(
        request("POST", &url, &headers, body.as_bytes(), &scope)?,
        &scope,
        keys,
        SigningSettings::default(),
    )?;
    let agent = http::agent_for(&uri, &LIMITS, 1)?;
    let mut call = agent.post(uri).header("content-type", headers[1].1).header("x-amz-target", headers[2].1);
    for (name, value) in signed.headers() {
        call = call.header(name, value);
    }
    let mut reply = call.send(body.as_bytes()).map_err(|error| {
        Failure::unreachable(format!(
            "could not reach Secrets Manager at {endpoint}: {}",
            http::reason(&error)
        ))
    })?;
    let status = reply.status().as_u16();
    let text = reply.body_mut().read_to_string().unwrap_or_default();
    if status != 200 {
        return Err(refused(id, status, &text));
    }
    let answer: Answer = serde_json::from_str(&text).map_err(|_| {
        Failure::permanent(format!("the secret `{id}` holds no text: it must be a URL or JSON"))
    })?;
    Secret::read(&answer.secret_string).ok_or_else(|| {
        Failure::permanent(format!("the secret `{id}` is neither a connection URL nor JSON with a password"))
    })
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "SecretString")]
    secret_string: String,
}

fn refused(id: &str, status: u16, text: &str) -> Failure {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let code = value.get("__type").and_then(Value::as_str).unwrap_or_default();
    let code: String =
        code.rsplit('#').next().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
    if status >= 500 || status == 429 || code.contains("Throttl") {
        return Failure::unreachable(format!(
            "Secrets Manager could not give `{id}` (HTTP {status} {code}): try later"
        ));
    }
    let advice = match code.as_str() {
        "ResourceNotFoundException" => "there is no such secret; check --database-secret and the region",
        "AccessDeniedException" => "allow secretsmanager:GetSecretValue on it to these credentials",
        _ => "see the AWS Secrets Manager API reference",
    };
    Failure::permanent(format!("Secrets Manager refused `{id}` (HTTP {status} {code}): {advice}"))
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
        let refused = refused("db", 400, r#"{"__type":"com.amazonaws#ResourceNotFoundException"}"#);
        assert!(refused.text.contains("check --database-secret"), "{refused}");
    }
}
