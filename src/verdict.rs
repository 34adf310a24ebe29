//! The one door from a body to a verdict: a login to store, or a reject to record.

use crate::describe;
use crate::login;
use crate::mask::Masker;
use crate::reject::Rejection;
use crate::row::LoginRow;

/// What becomes of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Login(LoginRow),
    Reject(Reject),
}

/// A rejection with a description of the body that may be kept and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    pub rejection: Rejection,
    pub description: String,
}

pub fn judge(body: &str, masker: &Masker) -> Verdict {
    match login::parse(body) {
        Ok(event) => Verdict::Login(LoginRow::new(event, masker)),
        Err(rejection) => Verdict::Reject(Reject { rejection, description: describe::body(body, masker) }),
    }
}
