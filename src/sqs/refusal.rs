//! What a failed call was: the server's code and request id, or how the exchange broke off.

use rusoto_core::RusotoError;
use rusoto_core::request::{BufferedHttpResponse, HttpDispatchError};

use super::dispatcher::{NOT_SENT, UNTRUSTED};

/// Why one try of one call brought no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// Nothing reached the server.
    NotSent(String),
    /// The server's certificate is not one that this machine trusts.
    Untrusted(String),
    /// Something may have reached the server; no usable reply came back.
    NoReply(String),
    /// A reply came that is none: cut short, not what was asked for.
    Malformed,
    Refused(Refusal),
    NoCredentials,
}

/// The server's "no".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    /// The code without its namespaces, as "QueueDoesNotExist".
    pub code: String,
    pub request_id: Option<String>,
    /// The server's clock, as in its `Date` header.
    pub date: Option<String>,
}

/// What can be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The same call may succeed a moment later.
    Passing,
    /// New credentials may help, once.
    Credentials,
    /// Somebody must change something first.
    Lasting,
}

impl CallError {
    pub fn class(&self) -> Class {
        match self {
            CallError::NotSent(_) | CallError::NoReply(_) | CallError::Malformed => Class::Passing,
            CallError::NoCredentials | CallError::Untrusted(_) => Class::Lasting,
            CallError::Refused(refusal) => refusal.class(),
        }
    }
}

impl Refusal {
    pub fn class(&self) -> Class {
        const PASSING: [&str; 9] = [
            "RequestThrottled",
            "KmsThrottled",
            "OverLimit",
            "RequestTimeout",
            "InternalError",
            "InternalFailure",
            "ServiceUnavailable",
            "SlowDown",
            "TooManyRequestsException",
        ];
        const CREDENTIALS: [&str; 6] = [
            "ExpiredToken",
            "ExpiredTokenException",
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "InvalidSecurity",
            "RequestExpired",
        ];
        let code = self.code.as_str();
        if CREDENTIALS.contains(&code) {
            return Class::Credentials;
        }
        let throttled = code.contains("Throttl");
        if throttled || PASSING.contains(&code) || self.status == 429 || self.status >= 500 {
            return Class::Passing;
        }
        Class::Lasting
    }

    /// Reads an error reply of either protocol.
    pub fn read(reply: &BufferedHttpResponse) -> Refusal {
        let text = String::from_utf8_lossy(&reply.body);
        let header = |name: &str| reply.headers.get(name).cloned();
        Refusal {
            status: reply.status.as_u16(),
            code: bare(&code_in_json(&text).or_else(|| element(&text, "Code")).unwrap_or_default()),
            request_id: header("x-amzn-requestid").or_else(|| element(&text, "RequestId")),
            date: header("date"),
        }
    }
}

fn code_in_json(text: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    let code = value.get("__type").or_else(|| value.get("code"))?;
    code.as_str().map(str::to_owned)
}

fn element(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (value, _) = rest.split_once(&format!("</{name}>"))?;
    Some(value.trim().to_owned())
}

/// "com.amazonaws.sqs#QueueDoesNotExist" and "AWS.SimpleQueueService.NonExistentQueue" without what is before
/// the name; one spelling for the two names of a missing queue. A code is letters and digits: nothing else of a
/// stranger's reply gets into our messages.
fn bare(code: &str) -> String {
    let name = code.rsplit(['#', '.']).next().unwrap_or_default();
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
    if name == "NonExistentQueue" { "QueueDoesNotExist".to_owned() } else { name }
}

impl From<HttpDispatchError> for CallError {
    fn from(error: HttpDispatchError) -> CallError {
        let text = error.to_string();
        let untrusted = text.strip_prefix(UNTRUSTED).map(|cause| CallError::Untrusted(cause.to_owned()));
        let not_sent = text.strip_prefix(NOT_SENT).map(|cause| CallError::NotSent(cause.to_owned()));
        untrusted.or(not_sent).unwrap_or(CallError::NoReply(text))
    }
}

impl<E: std::fmt::Debug> From<RusotoError<E>> for CallError {
    fn from(error: RusotoError<E>) -> CallError {
        match error {
            RusotoError::HttpDispatch(error) => error.into(),
            RusotoError::Credentials(_) => CallError::NoCredentials,
            RusotoError::Unknown(reply) => CallError::Refused(Refusal::read(&reply)),
            // A known error is an enum variant named after its code, with the message inside.
            RusotoError::Service(known) => {
                let code = bare(format!("{known:?}").split('(').next().unwrap_or_default());
                CallError::Refused(Refusal { status: 400, code, request_id: None, date: None })
            }
            RusotoError::Validation(_) | RusotoError::ParseError(_) | RusotoError::Blocking => {
                CallError::Malformed
            }
        }
    }
}

#[cfg(test)]
pub fn read_any(bytes: &[u8]) {
    let headers = http::HeaderMap::default();
    let body = bytes.to_vec().into();
    let refusal =
        Refusal::read(&BufferedHttpResponse { status: http::StatusCode::BAD_REQUEST, body, headers });
    assert!(refusal.code.chars().all(|letter| letter.is_ascii_alphanumeric()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &str) -> BufferedHttpResponse {
        BufferedHttpResponse {
            status: http::StatusCode::from_u16(status).unwrap(),
            body: body.to_owned().into(),
            headers: http::HeaderMap::default(),
        }
    }

    #[test]
    fn codes_are_read_from_both_protocols() {
        let table = [
            (r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"x"}"#, "QueueDoesNotExist"),
            (
                "<ErrorResponse><Error><Code>AWS.SimpleQueueService.NonExistentQueue</Code></Error></ErrorResponse>",
                "QueueDoesNotExist",
            ),
            ("<ErrorResponse><Error><Code> AccessDenied </Code></Error></ErrorResponse>", "AccessDenied"),
            ("<html>busy</html>", ""),
            ("", ""),
            ("{\"__type\":\"a#\\u001b[31mred\"}", "31mred"),
        ];
        for (body, code) in table {
            assert_eq!(Refusal::read(&reply(400, body)).code, code, "{body}");
        }
    }

    #[test]
    fn classes_follow_code_and_status() {
        let table = [
            (400, "RequestThrottled", Class::Passing),
            (400, "ThrottlingException", Class::Passing),
            (403, "OverLimit", Class::Passing),
            (503, "", Class::Passing),
            (429, "", Class::Passing),
            (403, "ExpiredToken", Class::Credentials),
            (403, "InvalidClientTokenId", Class::Credentials),
            (403, "AccessDenied", Class::Lasting),
            (400, "QueueDoesNotExist", Class::Lasting),
            (403, "SignatureDoesNotMatch", Class::Lasting),
            (400, "KmsDisabled", Class::Lasting),
            (404, "", Class::Lasting),
        ];
        for (status, code, class) in table {
            let refusal = Refusal { status, code: code.to_owned(), request_id: None, date: None };
            assert_eq!(refusal.class(), class, "{status} {code}");
        }
    }
}
