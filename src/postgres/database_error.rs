//! What an error of PostgreSQL means for the run, and the sentence that tells it.

use ::postgres::Error;
use ::postgres::error::SqlState;

use crate::failure::Failure;
use crate::libpq;

/// What can be done about an error that ends a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The same batch may succeed on a new connection.
    Temporary,
    /// Somebody must change something first. Of an insert it may be one of the rows that is at fault.
    Lasting,
}

pub fn classify(error: &Error) -> Fault {
    if libpq::was_endless(error) {
        return Fault::Lasting;
    }
    let Some(state) = error.code() else {
        // No answer of the server at all: the connection is gone, perhaps with a COMMIT on it.
        return Fault::Temporary;
    };
    let temporary = [
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
        SqlState::IDLE_SESSION_TIMEOUT,
        SqlState::IN_FAILED_SQL_TRANSACTION,
        SqlState::DISK_FULL,
        SqlState::OUT_OF_MEMORY,
    ];
    // 25P04 is transaction_timeout, which the driver has no name for yet.
    match state.code() {
        _ if temporary.contains(state) => Fault::Temporary,
        "25P04" => Fault::Temporary,
        code if code.starts_with("08") => Fault::Temporary,
        _ => Fault::Lasting,
    }
}

/// The SQLSTATE and the table, column and constraint it names; never a text that could hold a value.
pub fn code(state: &str, named: [Option<String>; 3]) -> String {
    let mut parts = vec![format!("SQLSTATE {state}")];
    let kinds = ["table", "column", "constraint"].into_iter();
    let named = kinds.zip(named).filter_map(|(kind, name)| Some((kind, name.filter(|n| !n.is_empty())?)));
    parts.extend(named.map(|(kind, name)| format!("{kind} {}", printable(&name))));
    parts.join(", ")
}

/// As `code`, of an error.
pub fn code_of(error: &Error) -> String {
    let Some(db) = error.as_db_error() else { return "no answer".to_owned() };
    let named = [db.table(), db.column(), db.constraint()].map(|name| name.map(str::to_owned));
    code(db.code().code(), named)
}

/// The server's names are as long as this at most; a trigger may claim longer ones.
const LONGEST_NAME: usize = 63;

/// A name that somebody else chose, such that it can do nothing to a terminal or a log.
pub fn printable(name: &str) -> String {
    name.chars().take(LONGEST_NAME).flat_map(char::escape_default).collect()
}

/// The sentence for an error that ends the run. `place` tells the server and database, `deed` what was
/// not done, as in "could not store a batch".
pub fn explain(error: &Error, place: &str, deed: &str) -> Failure {
    if libpq::was_endless(error) {
        return Failure::lasting(format!(
            "{deed} at {place}: the server's answer is longer than any that is asked for, so it was not read to its \
             end; see what is wrong with the server or its proxy (or name fewer ids at once); nothing is lost"
        ));
    }
    let code = code_of(error);
    let Some(state) = error.code() else {
        return Failure::temporary(format!(
            "lost the connection to PostgreSQL at {place} and could not get it back; \
             nothing is lost, the next run goes on"
        ));
    };
    if classify(error) == Fault::Temporary {
        let hint = match *state {
            SqlState::READ_ONLY_SQL_TRANSACTION => {
                "; the server is read-only: has it failed over? \
                 (target_session_attrs=read-write finds the writable one)"
            }
            SqlState::DISK_FULL => "; its disk is full",
            SqlState::QUERY_CANCELED => {
                "; was it a statement timeout? A longer --database-timeout or a smaller --batch-size helps"
            }
            _ => "",
        };
        return Failure::temporary(format!(
            "{deed} at {place} ({code}){hint}; nothing is lost, the next run goes on"
        ));
    }
    let hint = match *state {
        SqlState::UNDEFINED_TABLE => "run `login-drain init-db`",
        SqlState::INSUFFICIENT_PRIVILEGE => {
            "grant the user what sql/operator/grants.sql grants, or run `login-drain check` to see what is missing"
        }
        SqlState::UNDEFINED_COLUMN | SqlState::DATATYPE_MISMATCH => {
            "a column is not as login-drain needs it: run `login-drain check` to see which"
        }
        _ => "look the code up in the PostgreSQL manual, appendix A",
    };
    Failure::lasting(format!("{deed} at {place} ({code}): {hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_others_chose_are_escaped_and_bounded() {
        let hostile = Some(format!("\u{1b}[2J\n{}", "x".repeat(500)));
        let told = code("23514", [Some("user_logins".to_owned()), None, hostile]);
        assert!(told.starts_with(r"SQLSTATE 23514, table user_logins, constraint \u{1b}[2J\nxxx"), "{told}");
        assert!(told.len() < 150, "{told}");
    }
}
