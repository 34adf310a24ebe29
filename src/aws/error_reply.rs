//! A service's "no": its code, and what any code of any AWS service means for the caller.

/// An error reply, in JSON or XML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorReply {
    pub status: u16,
    /// The code without its namespaces, as "QueueDoesNotExist"; empty where the reply has none.
    pub code: String,
    pub request_id: Option<String>,
}

/// What a refusal means, whichever service said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Too many calls, or too much in flight: later.
    Throttled,
    /// The service is ill for a moment: later.
    Ailing,
    /// New credentials may help.
    StaleCredentials,
    /// The signature does not fit: another secret key, or a clock that is off.
    BadSignature,
    NoSuchThing,
    Denied,
    Other,
}

impl Meaning {
    pub fn of(status: u16, code: &str) -> Meaning {
        match code {
            "ExpiredToken"
            | "ExpiredTokenException"
            | "InvalidClientTokenId"
            | "UnrecognizedClientException"
            | "InvalidSecurity" => Meaning::StaleCredentials,
            "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "RequestExpired"
            | "RequestTimeTooSkewed" => Meaning::BadSignature,
            "OverLimit" | "SlowDown" | "RequestLimitExceeded" => Meaning::Throttled,
            code if code.contains("Throttl") || code.starts_with("TooManyRequests") => Meaning::Throttled,
            _ if status == 429 => Meaning::Throttled,
            "RequestTimeout" | "InternalError" | "InternalFailure" | "ServiceUnavailable" => Meaning::Ailing,
            _ if status >= 500 => Meaning::Ailing,
            "QueueDoesNotExist" | "ResourceNotFoundException" => Meaning::NoSuchThing,
            "AuthorizationError" => Meaning::Denied,
            code if code.starts_with("AccessDenied") => Meaning::Denied,
            _ => Meaning::Other,
        }
    }

    /// The same call may succeed a moment later.
    pub fn is_passing(self) -> bool {
        matches!(self, Meaning::Throttled | Meaning::Ailing)
    }
}

impl ErrorReply {
    pub fn read(status: u16, body: &str, request_id: Option<String>) -> ErrorReply {
        ErrorReply {
            status,
            code: bare_code(&code_in_json(body).or_else(|| element(body, "Code")).unwrap_or_default()),
            request_id: request_id.or_else(|| element(body, "RequestId")),
        }
    }

    pub fn meaning(&self) -> Meaning {
        Meaning::of(self.status, &self.code)
    }

    /// Code and request id, for people.
    pub fn told(&self) -> String {
        let code = if self.code.is_empty() { format!("HTTP {}", self.status) } else { self.code.clone() };
        match &self.request_id {
            Some(id) => format!("{code}, request id {}", letters_of(id, "-")),
            None => code,
        }
    }
}

fn code_in_json(text: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    value.get("__type")?.as_str().map(str::to_owned)
}

/// The text of the first element of this name.
pub fn element(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (value, _) = rest.split_once(&format!("</{name}>"))?;
    Some(value.trim().to_owned())
}

/// "com.amazonaws.sqs#QueueDoesNotExist" and "AWS.SimpleQueueService.NonExistentQueue" without what is before
/// the name; one spelling for the two names of a missing queue.
pub fn bare_code(code: &str) -> String {
    let name = letters_of(code.rsplit(['#', '.']).next().unwrap_or_default(), "");
    match name.as_str() {
        "NonExistentQueue" => "QueueDoesNotExist".to_owned(),
        // Refusals of the key, not of the queue, which the other protocol tells apart by their names.
        _ if code.contains("KMS.") => format!("Kms{name}"),
        _ => name,
    }
}

/// Nothing but letters, digits and `others` of a stranger's reply gets into our messages.
fn letters_of(text: &str, others: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || others.contains(*c)).take(64).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_are_read_from_both_protocols() {
        let table = [
            (r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"x"}"#, "QueueDoesNotExist"),
            (
                "<ErrorResponse><Error><Code>AWS.SimpleQueueService.NonExistentQueue</Code></Error></ErrorResponse>",
                "QueueDoesNotExist",
            ),
            ("<ErrorResponse><Error><Code> AccessDenied </Code></Error></ErrorResponse>", "AccessDenied"),
            (
                "<ErrorResponse><Error><Code>KMS.AccessDeniedException</Code></Error></ErrorResponse>",
                "KmsAccessDeniedException",
            ),
            ("<html>busy</html>", ""),
            ("", ""),
            ("{\"__type\":\"a#\\u001b[31mred\"}", "31mred"),
        ];
        for (body, code) in table {
            assert_eq!(ErrorReply::read(400, body, None).code, code, "{body}");
        }
    }

    #[test]
    fn meanings_follow_code_and_status() {
        let table = [
            (400, "RequestThrottled", Meaning::Throttled),
            (400, "ThrottlingException", Meaning::Throttled),
            (503, "KmsThrottled", Meaning::Throttled),
            (403, "OverLimit", Meaning::Throttled),
            (429, "", Meaning::Throttled),
            (503, "", Meaning::Ailing),
            (503, "ServiceUnavailable", Meaning::Ailing),
            (403, "ExpiredToken", Meaning::StaleCredentials),
            (403, "InvalidClientTokenId", Meaning::StaleCredentials),
            (403, "AccessDenied", Meaning::Denied),
            (400, "AccessDeniedException", Meaning::Denied),
            (400, "QueueDoesNotExist", Meaning::NoSuchThing),
            (400, "ResourceNotFoundException", Meaning::NoSuchThing),
            (403, "SignatureDoesNotMatch", Meaning::BadSignature),
            (400, "KmsDisabled", Meaning::Other),
            (404, "", Meaning::Other),
        ];
        for (status, code, meaning) in table {
            assert_eq!(Meaning::of(status, code), meaning, "{status} {code}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_reply_holds_only_letters_of_it_are_told(body: String, id in prop::option::of(".*")) {
            for body in [body.clone(), format!(r#"{{"__type":{body:?}}}"#), format!("<Code>{body}</Code>")] {
                let told = ErrorReply::read(400, &body, id.clone()).told();
                prop_assert!(told.chars().all(|c| c.is_ascii_alphanumeric() || " ,-".contains(c)), "{told}");
            }
        }
    }
}
