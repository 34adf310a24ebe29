//! Why a message cannot become a row: a stable code for counting, a sentence for the person who looks.

use std::fmt;

use clap::ValueEnum;

/// Why a message is a reject. The codes are a contract: dashboards and scripts count by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// The body is no JSON text.
    NotJson,
    /// The body is JSON, but no object.
    NotAnObject,
    /// One of the six keys is absent.
    MissingKey,
    /// A key holds a value of another type than it must.
    WrongType,
    /// A key that must say something is empty.
    Empty,
    /// A text is longer than its column.
    TooLong,
    /// A text holds the NUL character, which PostgreSQL cannot store.
    NulCharacter,
    /// `app_version` is not digits separated by single dots, or too large.
    BadVersion,
    /// A value stands in the wrong field: a raw address or device id would be stored readable.
    MisplacedValue,
    /// One body holds more than one login, or a list of one.
    SeveralLogins,
    /// The body is a pointer to the real one in S3.
    S3Pointer,
    /// SNS asks for a subscription to be confirmed or ended.
    SubscriptionConfirmation,
    /// PostgreSQL refused the row for its values (a constraint, a trigger, a narrower column).
    RefusedByDatabase,
    /// PostgreSQL took the row without an error, and says that it stored none.
    NotStored,
}

/// What a rejection means for the message: whether it may leave the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Read, and no login: it goes as `--rejects` says.
    Rogue,
    /// It may be a login, and could not be stored: it stays on the queue.
    Refused,
}

/// What becomes of a rogue message, once its rejection is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RejectPolicy {
    /// Delete it from the queue
    Delete,
    /// Leave it for the queue's own redrive policy
    Keep,
    /// Send it on to the dead-letter queue, then delete it
    DeadLetter,
}

impl Reason {
    pub const ALL: [Reason; 14] = [
        Reason::NotJson,
        Reason::NotAnObject,
        Reason::MissingKey,
        Reason::WrongType,
        Reason::Empty,
        Reason::TooLong,
        Reason::NulCharacter,
        Reason::BadVersion,
        Reason::MisplacedValue,
        Reason::SeveralLogins,
        Reason::S3Pointer,
        Reason::SubscriptionConfirmation,
        Reason::RefusedByDatabase,
        Reason::NotStored,
    ];

    /// The stable code, as stored in `login_drain_rejects.reason` and printed in summaries.
    pub fn code(self) -> &'static str {
        match self {
            Reason::NotJson => "not_json",
            Reason::NotAnObject => "not_an_object",
            Reason::MissingKey => "missing_key",
            Reason::WrongType => "wrong_type",
            Reason::Empty => "empty",
            Reason::TooLong => "too_long",
            Reason::NulCharacter => "nul_character",
            Reason::BadVersion => "bad_version",
            Reason::MisplacedValue => "misplaced_value",
            Reason::SeveralLogins => "several_logins",
            Reason::S3Pointer => "s3_pointer",
            Reason::SubscriptionConfirmation => "subscription_confirmation",
            Reason::RefusedByDatabase => "refused_by_database",
            Reason::NotStored => "not_stored",
        }
    }

    pub fn class(self) -> Class {
        match self {
            Reason::NotJson
            | Reason::NotAnObject
            | Reason::MissingKey
            | Reason::WrongType
            | Reason::Empty
            | Reason::TooLong
            | Reason::NulCharacter
            | Reason::BadVersion => Class::Rogue,
            Reason::MisplacedValue
            | Reason::SeveralLogins
            | Reason::S3Pointer
            | Reason::SubscriptionConfirmation
            | Reason::RefusedByDatabase
            | Reason::NotStored => Class::Refused,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// One verdict against one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    pub reason: Reason,
    /// A short sentence that names the field and the rule, never the value.
    pub detail: String,
}

impl Rejection {
    pub fn new(reason: Reason, detail: impl Into<String>) -> Rejection {
        Rejection { reason, detail: detail.into() }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_code_of_its_own() {
        let mut codes: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Reason::ALL.len());
    }

    #[test]
    fn what_the_table_refuses_may_be_a_login_and_what_cannot_be_read_is_none() {
        assert_eq!(Reason::RefusedByDatabase.class(), Class::Refused);
        assert_eq!(Reason::NotJson.class(), Class::Rogue);
    }
}
