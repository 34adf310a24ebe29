//! Where our own calls are sent, read once for the whole run, and the signature of each.

use std::sync::{Mutex, PoisonError};

use ring::{digest, hmac};
use time::OffsetDateTime;
use ureq::http::Uri;

use crate::aws::region;

/// How the body of a call is written, and where the action that it asks for stands.
#[derive(Debug, Clone, Copy)]
pub enum Form<'a> {
    /// JSON, with the action in a header of its own.
    Json { target: &'a str },
    /// Fields of a web form, the action among them.
    Query,
}

impl Form<'_> {
    pub fn content_type(self) -> &'static str {
        match self {
            Form::Json { .. } => "application/x-amz-json-1.0",
            Form::Query => "application/x-www-form-urlencoded",
        }
    }
}

pub struct Server {
    pub uri: Uri,
    /// As the client writes it: without a port that is the usual one of the scheme.
    host: String,
    /// The path, as signatures write it: what is escaped already is escaped once more.
    path: String,
    region: String,
    /// Where nothing but SQS itself answers.
    pub is_aws: bool,
    day_key: Mutex<Option<DayKey>>,
}

/// The secrets that a signature is made with.
pub struct Keys<'a> {
    pub id: &'a str,
    pub secret: &'a str,
    pub session_token: Option<&'a str>,
}

/// What a signature adds to a call.
pub struct Signature {
    /// Of `x-amz-date`.
    pub date: String,
    pub authorization: String,
}

impl Server {
    /// `None` for what is no URL.
    pub fn read(endpoint: &str, region: &str) -> Option<Server> {
        let uri: Uri = endpoint.parse().ok()?;
        let authority = uri.authority()?;
        let usual = if uri.scheme_str()? == "https" { 443 } else { 80 };
        let host = match authority.port_u16().filter(|port| *port != usual) {
            Some(port) => format!("{}:{port}", authority.host()),
            None => authority.host().to_owned(),
        };
        let is_aws = region::labels_at_aws(authority.host()).is_some();
        let path = escaped(uri.path());
        Some(Server { host, path, region: region.to_owned(), is_aws, uri, day_key: Mutex::new(None) })
    }

    /// AWS's signature, version 4, of a POST of this body with these headers and no others that count.
    pub fn sign(&self, form: Form<'_>, body: &[u8], at: OffsetDateTime, keys: &Keys<'_>) -> Signature {
        let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
        let (hour, minute, second) = at.to_hms();
        let date = format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z");
        let (day, _) = date.split_once('T').unwrap_or_default();
        let target = match form {
            Form::Json { target } => Some(target),
            Form::Query => None,
        };
        let headers = [
            ("content-type", Some(form.content_type())),
            ("host", Some(self.host.as_str())),
            ("x-amz-date", Some(date.as_str())),
            ("x-amz-security-token", keys.session_token),
            ("x-amz-target", target),
        ];
        let headers = || headers.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
        let mut signed = String::with_capacity(80);
        headers().for_each(|(name, _)| signed.extend([if signed.is_empty() { "" } else { ";" }, name]));

        let mut canonical = digest::Context::new(&digest::SHA256);
        let mut add = |text: &str| canonical.update(text.as_bytes());
        ["POST\n", &self.path, "\n\n"].iter().for_each(|text| add(text));
        headers().for_each(|(name, value)| [name, ":", value, "\n"].iter().for_each(|text| add(text)));
        let body = Hex::of(digest::digest(&digest::SHA256, body).as_ref());
        ["\n", &signed, "\n", body.as_str()].iter().for_each(|text| add(text));
        let canonical = Hex::of(canonical.finish().as_ref());

        let scope = [day, "/", &self.region, "/sqs/aws4_request"];
        let mut signature = hmac::Context::with_key(&self.key_of(day, keys));
        let mut add = |text: &str| signature.update(text.as_bytes());
        ["AWS4-HMAC-SHA256\n", &date, "\n"].into_iter().chain(scope).for_each(&mut add);
        ["\n", canonical.as_str()].into_iter().for_each(&mut add);
        let signature = Hex::of(signature.sign().as_ref());

        let mut authorization = String::with_capacity(300);
        authorization.extend(["AWS4-HMAC-SHA256 Credential=", keys.id, "/"].into_iter().chain(scope));
        authorization.extend([", SignedHeaders=", &signed, ", Signature=", signature.as_str()]);
        Signature { date, authorization }
    }

    /// The key of a day, which is made once: four rounds of a hash for each call else.
    fn key_of(&self, day: &str, keys: &Keys<'_>) -> hmac::Key {
        let mut made = self.day_key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = made.as_ref().filter(|made| made.day == day && made.secret == keys.secret) {
            return made.key.clone();
        }
        let first = hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{}", keys.secret).as_bytes());
        let key = [day, &self.region, "sqs", "aws4_request"].iter().fold(first, |key, text| {
            hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, text.as_bytes()).as_ref())
        });
        *made = Some(DayKey { day: day.to_owned(), secret: keys.secret.to_owned(), key: key.clone() });
        key
    }
}

/// What signs all calls of one day.
struct DayKey {
    day: String,
    secret: String,
    key: hmac::Key,
}

/// Lower-case hex of 32 bytes.
struct Hex([u8; 64]);

impl Hex {
    fn of(bytes: &[u8]) -> Hex {
        let mut letters = [b'0'; 64];
        // 32 bytes always fit.
        let _ = hex::encode_to_slice(bytes, &mut letters);
        Hex(letters)
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

fn escaped(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let write = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.bytes().map(write).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::sign::{Scope, Signed, SigningSettings, sign};

    #[test]
    fn the_signature_is_the_one_that_the_library_makes() {
        // 2026-11-25 21:35:07 UTC.
        let at = OffsetDateTime::from_unix_timestamp(1_795_642_507).unwrap();
        let forms = [Form::Json { target: "AmazonSQS.ReceiveMessage" }, Form::Query];
        for (endpoint, host) in [
            ("https://sqs.eu-west-1.amazonaws.com", "sqs.eu-west-1.amazonaws.com"),
            ("https://sqs.eu-west-1.amazonaws.com:443/", "sqs.eu-west-1.amazonaws.com"),
            ("http://localhost:4566/000000000000/a%20b+c!", "localhost:4566"),
            ("http://[::1]:80/queue", "[::1]"),
        ] {
            let cases = [(None, ""), (Some("token/with+signs=="), r#"{"QueueUrl":"x"}"#)];
            for (form, (token, body)) in forms.into_iter().flat_map(|form| cases.map(|case| (form, case))) {
                let server = Server::read(endpoint, "eu-west-1").unwrap();
                let keys = Keys { id: "AKID", secret: "secret/of+letters", session_token: token };
                let made = server.sign(form, body.as_bytes(), at, &keys);
                let mut headers = vec![("content-type", form.content_type()), ("host", host)];
                if let Form::Json { target } = form {
                    headers.push(("x-amz-target", target));
                }
                let signed =
                    Signed { method: "POST", url: endpoint, headers: &headers, body: body.as_bytes() };
                let scope = Scope { service: "sqs", region: "eu-west-1", at: at.into() };
                let keys = aws_credential_types::Credentials::new(
                    keys.id,
                    keys.secret,
                    token.map(str::to_owned),
                    None,
                    "test",
                );
                let expected = sign(&signed, &scope, &keys, SigningSettings::default()).unwrap();
                let header = |name: &str| {
                    expected.headers().find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
                };
                assert_eq!(header("x-amz-date").as_deref(), Some(made.date.as_str()));
                assert_eq!(
                    header("authorization").as_deref(),
                    Some(made.authorization.as_str()),
                    "{endpoint}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_url_is_no_server() {
        for text in ["", "sqs", "/path", "http://"] {
            assert!(Server::read(text, "eu-west-1").is_none(), "{text}");
        }
    }
}
