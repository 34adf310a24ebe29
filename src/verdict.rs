//! The one door from a body to a verdict: wrappers are opened, and what is inside is a login to store or a reject.

mod describe;
mod login;
mod login_row;
mod misplaced;
mod read_body;
mod unwrap_body;
mod version;

use std::borrow::Cow;

use crate::mask::Masker;
use crate::reject::{Class, Reason, Rejection};
use crate::seal::Sealer;
use describe::Found;
use login::Login;
pub use login_row::LoginRow;
use read_body::{Body, Field, Fields};
use unwrap_body::{Wrapper, Wrappers};

/// What a body is.
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

/// `sealer` where the raw values of a login are to be kept for whoever has its private key.
pub fn judge(body: &str, masker: &Masker, sealer: Option<&Sealer>) -> Verdict {
    let text = unwrap_body::trim(body);
    let judge = Judge { masker, sealer, wrappers: Wrappers::default(), lists: DEEPEST_LIST };
    judge.text(text).unwrap_or_else(|| {
        let rejection = match read_body::read(text) {
            Ok(_) => Rejection::new(Reason::NotAnObject, "the body is JSON, but not an object"),
            Err(place) => Rejection::new(
                Reason::NotJson,
                format!("the body stops being JSON at line {} column {}", place.line, place.column),
            ),
        };
        Verdict::Reject(Reject { rejection, description: describe::other(Wrappers::default(), text) })
    })
}

/// Lists of logins are looked for this deep: an array of them, on a line beside others.
const DEEPEST_LIST: u8 = 2;

/// What may be a login takes more bytes than this: shorter values of a list are not looked into.
const SHORTEST_IN_LIST: usize = 24;

/// How a text is judged that was found inside the wrappers opened until now.
#[derive(Clone, Copy)]
struct Judge<'m> {
    masker: &'m Masker,
    sealer: Option<&'m Sealer>,
    wrappers: Wrappers,
    /// How many lists may still be looked into, one inside the other.
    lists: u8,
}

impl Judge<'_> {
    /// `None` where the text leads to no JSON object, and is nothing that may hold a login all the same.
    fn text(self, text: &str) -> Option<Verdict> {
        match read_body::read(text) {
            Ok(Body::Object(fields)) => Some(self.object(&fields, text)),
            Ok(Body::Array { .. }) => self.list(text),
            Ok(Body::Single(Field::Text(inner))) => self.inside(Wrapper::JsonText, inner),
            Ok(Body::Single(_)) => None,
            Err(_) if begins_another(text) => self.list(text),
            Err(_) => self.inside(Wrapper::Base64, Cow::Owned(unwrap_body::from_base64(text)?)),
        }
    }

    fn inside(self, wrapper: Wrapper, text: Cow<'_, str>) -> Option<Verdict> {
        Judge { wrappers: self.wrappers.with(wrapper)?, ..self }.text(unwrap_body::trim(&text))
    }

    fn object(self, fields: &Fields<'_>, text: &str) -> Verdict {
        let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let found = Found { wrappers: self.wrappers, bytes, other_keys: fields.others };
        let rejected =
            |rejection| Verdict::Reject(Reject { rejection, description: describe::fields(&found, fields) });
        if let Some(envelope) = fields.envelope.as_deref().filter(|_| !fields.has_all_keys()) {
            if let Some(rejection) = unwrap_body::stands_for_another(envelope) {
                return rejected(rejection);
            }
            let mut wrapped = unwrap_body::wrapped(envelope);
            if let Some(verdict) = wrapped.find_map(|(wrapper, text)| self.inside(wrapper, text)) {
                return verdict;
            }
        }
        self.login(fields, found).map_or_else(rejected, Verdict::Login)
    }

    fn login(self, fields: &Fields<'_>, found: Found) -> Result<LoginRow, Rejection> {
        let login = Login::new(fields)?;
        misplaced::check(&login)?;
        LoginRow::new(&login, found, self.masker, self.sealer)
    }

    /// Several values in one text. One message can be no more than one login, so they are refused if one of
    /// them is a login or may be one.
    fn list(self, text: &str) -> Option<Verdict> {
        let judge = Judge { lists: self.lists.checked_sub(1)?, ..self };
        let mut refused = unwrap_body::names_s3_pointer(text).then(unwrap_body::s3_pointer);
        for value in unwrap_body::values(text).filter(|value| value.len() > SHORTEST_IN_LIST) {
            match judge.text(value) {
                Some(Verdict::Login(_)) => {
                    let detail =
                        "the body is a list with a login in it: send each login as a message of its own";
                    refused = Some(Rejection::new(Reason::SeveralLogins, detail));
                    break;
                }
                Some(Verdict::Reject(Reject { rejection, .. }))
                    if rejection.reason.class() == Class::Refused =>
                {
                    refused = refused.or(Some(rejection));
                }
                _ => {}
            }
        }
        let description = describe::other(self.wrappers, text);
        refused.map(|rejection| Verdict::Reject(Reject { rejection, description }))
    }
}

/// Whether a text that is no JSON begins with a whole value and goes on with another one.
fn begins_another(text: &str) -> bool {
    let mut values = unwrap_body::values(text);
    values.next().is_some() && values.rest.starts_with(['{', '[', '"'])
}

#[cfg(test)]
mod tests;
