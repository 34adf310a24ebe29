//! What an error of PostgreSQL means for the run, and the sentence that tells it.

use ::postgres::Error;
use ::postgres::error::SqlState;

use crate::failure::Failure;

/// What can be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The same batch may succeed on a new connection.
    Passing,
    /// One of the rows is at fault: find it.
    Values,
    /// Somebody must change something first.
    Lasting,
}

pub fn classify(error: &Error) -> Fault {
    let Some(state) = error.code() else {
        // No answer of the server at all: the connection is gone, perhaps with a COMMIT on it.
        return Fault::Passing;
    };
    let passing = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::QUERY_CANCELED,
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        SqlState::IN_FAILED_SQL_TRANSACTION,
        SqlState::DISK_FULL,
        SqlState::OUT_OF_MEMORY,
    ];
    match state.code().get(..2) {
        _ if passing.contains(state) => Fault::Passing,
        Some("08") => Fault::Passing,
        // Data exception, integrity violation, a view's check option, and what a trigger raises.
        Some("22" | "23" | "44" | "P0") => Fault::Values,
        _ => Fault::Lasting,
    }
}

/// Whether a text holds a letter that the database's encoding lacks.
pub fn is_of_letters(error: &Error) -> bool {
    error.code() == Some(&SqlState::UNTRANSLATABLE_CHARACTER)
}

/// The SQLSTATE and the objects it names; never a text that could hold a value.
pub fn code(error: &Error) -> String {
    let Some(db) = error.as_db_error() else { return "no answer".to_owned() };
    let mut parts = vec![format!("SQLSTATE {}", db.code().code())];
    let named = [("table", db.table()), ("column", db.column()), ("constraint", db.constraint())];
    parts.extend(named.iter().filter_map(|(kind, name)| name.map(|name| format!("{kind} {name}"))));
    parts.join(", ")
}

/// The sentence for an error that ends the run. `place` tells the server and database, `deed` what was
/// not done, as in "could not store a batch".
pub fn explain(error: &Error, place: &str, deed: &str) -> Failure {
    let code = code(error);
    let Some(state) = error.code() else {
        return Failure::unreachable(format!(
            "lost the connection to PostgreSQL at {place} and could not get it back; \
             nothing is lost, the next run goes on"
        ));
    };
    if classify(error) == Fault::Passing {
        let hint = match *state {
            SqlState::READ_ONLY_SQL_TRANSACTION => {
                "; the server is read-only: has it failed over? \
                 (target_session_attrs=read-write finds the writable one)"
            }
            SqlState::DISK_FULL => "; its disk is full",
            _ => "",
        };
        return Failure::unreachable(format!(
            "{deed} at {place} ({code}){hint}; nothing is lost, the next run goes on"
        ));
    }
    let hint = match *state {
        SqlState::UNDEFINED_TABLE => "run `login-drain init-db`",
        SqlState::INSUFFICIENT_PRIVILEGE => {
            "grant the user INSERT on user_logins, login_drain_ledger and login_drain_rejects, \
             and SELECT (message_id) on login_drain_ledger"
        }
        SqlState::UNDEFINED_COLUMN | SqlState::DATATYPE_MISMATCH => {
            "a column is not as login-drain needs it: run `login-drain init-db` to see which"
        }
        _ => "look the code up in the PostgreSQL manual, appendix A",
    };
    Failure::permanent(format!("{deed} at {place} ({code}): {hint}"))
}
