//! Why one try of one call to AWS brought no result, and what can be done about it.

use std::io::ErrorKind;

use ureq::{Error, Timeout};

use super::error_reply::{ErrorReply, Meaning};
use super::http::{is_distrust, reason};
use crate::failure::{Failure, StoppedBy};

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
            Error::Io(cause) => matches!(
                cause.kind(),
                ErrorKind::ConnectionRefused
                    | ErrorKind::NetworkUnreachable
                    | ErrorKind::HostUnreachable
                    | ErrorKind::AddrNotAvailable
                    | ErrorKind::BrokenPipe
            ),
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
