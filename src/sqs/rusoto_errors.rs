//! What went wrong, carried through rusoto: its errors hold no more than a text or a reply.

use rusoto_core::RusotoError;
use rusoto_core::request::HttpDispatchError;

use crate::aws::{CallError, ErrorReply, bare_code};
use crate::failure::Failure;

/// Begin the texts of errors that are more than a reply that did not come.
const NOT_SENT: &str = "not sent: ";
const UNTRUSTED: &str = "not trusted: ";
const BARRED: &str = "not let through: ";
const MALFORMED: &str = "not a reply of SQS: ";

pub fn dispatch_error(error: &CallError) -> HttpDispatchError {
    HttpDispatchError::new(match error {
        CallError::NotSent(cause) => format!("{NOT_SENT}{cause}"),
        CallError::Untrusted(cause) => format!("{UNTRUSTED}{cause}"),
        CallError::Barred(cause) => format!("{BARRED}{cause}"),
        CallError::NoReply(cause) => cause.clone(),
        _ => MALFORMED.to_owned(),
    })
}

fn from_dispatch(error: &HttpDispatchError) -> CallError {
    let text = error.to_string();
    let rest = |prefix: &str| text.strip_prefix(prefix).map(str::to_owned);
    if let Some(cause) = rest(NOT_SENT) {
        return CallError::NotSent(cause);
    }
    if let Some(cause) = rest(UNTRUSTED) {
        return CallError::Untrusted(cause);
    }
    if let Some(cause) = rest(BARRED) {
        return CallError::Barred(cause);
    }
    if text.starts_with(MALFORMED) { CallError::Malformed } else { CallError::NoReply(text) }
}

pub fn call_error<E: std::fmt::Debug>(error: RusotoError<E>) -> CallError {
    match error {
        RusotoError::HttpDispatch(error) => from_dispatch(&error),
        // Each call asks for credentials beforehand, so they can only have failed between the two.
        RusotoError::Credentials(error) => CallError::NoCredentials(Failure::temporary(error.message)),
        RusotoError::Unknown(reply) => {
            let text = String::from_utf8_lossy(&reply.body);
            let request_id = reply.headers.get("x-amzn-requestid").cloned();
            CallError::Refused(ErrorReply::read(reply.status.as_u16(), &text, request_id))
        }
        // A known error is an enum variant named after its code, with the message inside.
        RusotoError::Service(known) => {
            let code = bare_code(format!("{known:?}").split('(').next().unwrap_or_default());
            CallError::Refused(ErrorReply { status: 400, code, request_id: None })
        }
        RusotoError::Validation(_) | RusotoError::ParseError(_) | RusotoError::Blocking => {
            CallError::Malformed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_the_same_after_its_way_through_rusoto() {
        let text = || "cause: of it".to_owned();
        for error in [
            CallError::NotSent(text()),
            CallError::Untrusted(text()),
            CallError::Barred(text()),
            CallError::NoReply(text()),
            CallError::Malformed,
        ] {
            assert_eq!(call_error(RusotoError::<()>::HttpDispatch(dispatch_error(&error))), error);
        }
    }
}
