//! The one door from a body to a verdict: a row to store, or a reject to record.

use crate::describe;
use crate::login;
use crate::mask::Masker;
use crate::reject::Rejection;
use crate::row::LoginRow;

/// What becomes of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Row(LoginRow),
    Reject(Reject),
}

/// A rejection with what may be kept of the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    pub rejection: Rejection,
    pub redacted_body: String,
}

pub fn transform(body: &str, masker: &Masker) -> Verdict {
    match login::parse(body) {
        Ok(event) => Verdict::Row(LoginRow::new(event, masker)),
        Err(rejection) => Verdict::Reject(Reject { rejection, redacted_body: describe::body(body, masker) }),
    }
}
