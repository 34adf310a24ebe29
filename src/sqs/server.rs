//! Where our own calls are sent, read once for the whole run, and the signature of each.

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
        Some(Server { host, path, region: region.to_owned(), is_aws, uri })
    }

    /// AWS's signature, version 4, of a POST of this body with these headers and no others that count.
    pub fn sign(&self, form: Form<'_>, body: &[u8], at: OffsetDateTime, keys: &Keys<'_>) -> Signature {
        let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
        let (hour, minute, second) = at.to_hms();
        let date = format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z");
        let (day, _) = date.split_once('T').unwrap_or_default();
        let (host, path, region) = (&self.host, &self.path, &self.region);
        let content_type = form.content_type();
        let (mut others, mut signed) = (String::new(), "content-type;host;x-amz-date".to_owned());
        let mut add = |name: &str, value: &str| {
            others.extend([name, ":", value, "\n"]);
            signed.extend([";", name]);
        };
        if let Some(token) = keys.session_token {
            add("x-amz-security-token", token);
        }
        if let Form::Json { target } = form {
            add("x-amz-target", target);
        }
        let body = Hex::of(digest::digest(&digest::SHA256, body).as_ref());
        let canonical = format!(
            "POST\n{path}\n\ncontent-type:{content_type}\nhost:{host}\nx-amz-date:{date}\n{others}\n{signed}\n{}",
            body.as_str()
        );
        let canonical = Hex::of(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
        let scope = format!("{day}/{region}/sqs/aws4_request");
        let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", canonical.as_str());
        let secret = format!("AWS4{}", keys.secret);
        let steps = [day, region, "sqs", "aws4_request", &to_sign];
        let first = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let [day, steps @ ..] = steps;
        let key = steps.iter().fold(hmac::sign(&first, day.as_bytes()), |key, text| {
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()), text.as_bytes())
        });
        let signature = Hex::of(key.as_ref());
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={signed}, Signature={}",
            keys.id,
            signature.as_str()
        );
        Signature { date, authorization }
    }
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
