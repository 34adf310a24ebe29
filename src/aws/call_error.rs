//! Why one try of one call to AWS brought no result, and what can be done about it.

use std::io::ErrorKind;

use ureq::{Error, Timeout};

use super::error_reply::{ErrorReply, Meaning};
use crate::failure::{Failure, StoppedBy};

/// ENFILE and EMFILE: there is no socket to send anything through.
const NO_MORE_FILES: [i32; 2] = [23, 24];

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// Nothing reached the server.
    NotSent(String),
    /// The server's certificate is not one that this machine trusts.
    Untrusted(String),
    /// Something in between lets nothing through until somebody changes a setting.
    Barred(String),
    /// Something may have reached the server; no whole reply came back.
    NoReply(String),
    /// A reply came that is none: cut short, not what was asked for.
    Malformed,
    Refused(ErrorReply),
    /// What answers there, with this HTTP status, is not the service.
    Stranger(u16),
    /// Entries of a batch call failed by the server's fault.
    Unfinished,
    NoCredentials(Failure),
    /// The waiting for another try was ended.
    Stopped(StoppedBy, Box<CallError>),
}

/// What can be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    TryAgain,
    /// Once.
    RenewCredentials,
    /// Once, where this machine's clock is known to be off.
    CorrectClock,
    /// Somebody must change something first.
    Nothing,
}

impl CallError {
    /// Of a reply that cannot be all that was sent.
    pub fn cut_short() -> CallError {
        CallError::NoReply("the reply was empty or cut short".to_owned())
    }

    pub fn remedy(&self) -> Remedy {
        match self {
            CallError::NotSent(_) | CallError::NoReply(_) | CallError::Malformed | CallError::Unfinished => {
                Remedy::TryAgain
            }
            CallError::NoCredentials(_) | CallError::Untrusted(_) | CallError::Barred(_) => Remedy::Nothing,
            CallError::Stopped(..) => Remedy::Nothing,
            CallError::Stranger(_) => Remedy::Nothing,
            CallError::Refused(reply) => match reply.meaning() {
                Meaning::Throttled | Meaning::Ailing => Remedy::TryAgain,
                Meaning::StaleCredentials => Remedy::RenewCredentials,
                Meaning::BadSignature => Remedy::CorrectClock,
                Meaning::NoSuchThing | Meaning::Denied | Meaning::Other => Remedy::Nothing,
            },
        }
    }
}

impl CallError {
    pub fn is_throttling(&self) -> bool {
        matches!(self, CallError::Refused(reply) if reply.meaning() == Meaning::Throttled)
    }

    /// The cause in a few words, for whoever waits.
    pub fn told(&self) -> String {
        match self {
            CallError::NotSent(why) | CallError::Untrusted(why) => why.clone(),
            CallError::Barred(why) | CallError::NoReply(why) => why.clone(),
            CallError::Malformed | CallError::Unfinished => "the answer is not one of the service".to_owned(),
            CallError::Refused(reply) => reply.told(),
            CallError::Stranger(status) => format!("HTTP {status}, and not the service"),
            CallError::NoCredentials(failure) => failure.text.clone(),
            CallError::Stopped(_, error) => error.told(),
        }
    }
}

impl From<&Error> for CallError {
    fn from(error: &Error) -> CallError {
        let not_sent = match error {
            Error::HostNotFound | Error::ConnectionFailed | Error::ConnectProxyFailed(_) => true,
            // A request that is not there as a whole does nothing.
            Error::Timeout(step) => {
                matches!(step, Timeout::Resolve | Timeout::Connect | Timeout::SendRequest | Timeout::SendBody)
            }
            // The last is what a kept connection says that ended meanwhile, when it is to be written to.
            Error::Io(cause) => {
                matches!(
                    cause.kind(),
                    ErrorKind::ConnectionRefused
                        | ErrorKind::NetworkUnreachable
                        | ErrorKind::HostUnreachable
                        | ErrorKind::AddrNotAvailable
                        | ErrorKind::BrokenPipe
                ) || cause.raw_os_error().is_some_and(|number| NO_MORE_FILES.contains(&number))
            }
            Error::Tls(_) | Error::NativeTls(_) => true,
            _ => false,
        };
        match (is_distrust(error), not_sent) {
            (true, _) => CallError::Untrusted(reason(error)),
            (false, true) => CallError::NotSent(reason(error)),
            (false, false) => CallError::NoReply(reason(error)),
        }
    }
}

/// Why an exchange failed, in words that hold no URL and no header.
pub fn reason(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Timeout(step) => format!("no answer in time ({step})"),
        ureq::Error::HostNotFound => "the host name could not be looked up".into(),
        ureq::Error::Io(cause) => cause.to_string(),
        ureq::Error::NativeTls(cause) => format!("TLS: {}", tls_reason(&cause.to_string())),
        ureq::Error::Tls(cause) => format!("TLS: {cause}"),
        ureq::Error::Protocol(_) => "the reply is not HTTP".into(),
        ureq::Error::BodyExceedsLimit(_) => "the reply is too large".into(),
        _ => "the exchange broke off".into(),
    }
}

/// OpenSSL says `error:CODE:library:function:reason:file:line: (verdict)`; people need the reason and the verdict.
fn tls_reason(text: &str) -> String {
    let reason = match text.strip_prefix("error:").and_then(|fields| fields.split(':').nth(3)) {
        Some("wrong version number") => "what answers there does not speak it",
        Some(reason) => reason,
        None => return text.to_owned(),
    };
    let verdict = text.rfind(" (").and_then(|start| text.get(start..)).unwrap_or_default();
    format!("{reason}{verdict}")
}

/// Whether the peer's certificate was not accepted: trying again will not help, another CA file might.
pub fn is_distrust(error: &ureq::Error) -> bool {
    matches!(error, ureq::Error::NativeTls(cause) if cause.to_string().contains("certificate"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_with_tls_is_told_without_the_insides_of_openssl() {
        let table = [
            (
                "error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../ssl/record/ssl3_record.c:350:",
                "what answers there does not speak it",
            ),
            (
                "error:0A000086:SSL routines:tls_post:certificate verify failed:../ssl/a.c:1889: (self-signed certificate)",
                "certificate verify failed (self-signed certificate)",
            ),
            ("unexpected EOF", "unexpected EOF"),
        ];
        for (text, told) in table {
            assert_eq!(tls_reason(text), told);
        }
    }

    #[test]
    fn a_request_for_which_there_was_no_socket_was_not_sent() {
        for (number, not_sent) in [(24, true), (23, true), (111, true), (104, false), (12, false)] {
            let error = Error::Io(std::io::Error::from_raw_os_error(number));
            assert_eq!(matches!(CallError::from(&error), CallError::NotSent(_)), not_sent, "{error}");
        }
    }
}
