//! Why one try of one call to AWS brought no result, and what can be done about it.

use std::io::ErrorKind;

use ureq::{Error, Timeout};

use super::error_reply::{ErrorReply, Meaning};
use super::http::{is_distrust, reason};
use crate::failure::Failure;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// Nothing reached the server.
    NotSent(String),
    /// The server's certificate is not one that this machine trusts.
    Untrusted(String),
    /// Something may have reached the server; no whole reply came back.
    NoReply(String),
    /// A reply came that is none: cut short, not what was asked for.
    Malformed,
    Refused(ErrorReply),
    /// Entries of a batch call failed by the server's fault.
    Unfinished,
    NoCredentials(Failure),
}

/// What can be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    TryAgain,
    /// Once.
    RenewCredentials,
    /// Somebody must change something first.
    Nothing,
}

impl CallError {
    pub fn remedy(&self) -> Remedy {
        match self {
            CallError::NotSent(_) | CallError::NoReply(_) | CallError::Malformed | CallError::Unfinished => {
                Remedy::TryAgain
            }
            CallError::NoCredentials(_) | CallError::Untrusted(_) => Remedy::Nothing,
            CallError::Refused(reply) => match reply.meaning() {
                Meaning::Throttled | Meaning::Ailing => Remedy::TryAgain,
                Meaning::StaleCredentials => Remedy::RenewCredentials,
                Meaning::NoSuchThing | Meaning::Denied | Meaning::Other => Remedy::Nothing,
            },
        }
    }
}

impl From<&Error> for CallError {
    fn from(error: &Error) -> CallError {
        let not_sent = match error {
            Error::HostNotFound | Error::ConnectionFailed | Error::ConnectProxyFailed(_) => true,
            Error::Timeout(step) => matches!(step, Timeout::Resolve | Timeout::Connect),
            Error::Io(cause) => cause.kind() == ErrorKind::ConnectionRefused,
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
