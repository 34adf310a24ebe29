//! The statements of a run, with the schema of the tables written into them.

use crate::printable::shows;

/// Made once, when it is known where `user_logins` is. Our own tables stand beside it, in the same schema.
pub struct Statements {
    pub version: VersionColumn,
    pub claim: String,
    pub insert: String,
    pub insert_one_by_one: String,
    pub forget_rejects: String,
    pub known: String,
    pub recorded: String,
    pub some_rejects: String,
    pub old_in_ledger: String,
    pub prune_ledger: String,
    pub prune_ledger_of_1970: String,
    pub prune_runs: String,
    pub insert_sealed: String,
    pub prune_sealed: String,
    pub record_run: String,
    pub newest_runs: String,
}

impl Statements {
    pub fn new(schema: &str, version: VersionColumn) -> Statements {
        let name = |sql: &str| sql.replace("{schema}", &quoted(schema)).replace("{version}", version.sql());
        Statements {
            version,
            claim: name(include_str!("../../sql/claim_messages.sql")),
            insert: name(include_str!("../../sql/insert_logins.sql")),
            insert_one_by_one: name(include_str!("../../sql/insert_logins_one_by_one.sql")),
            forget_rejects: name(include_str!("../../sql/forget_rejects.sql")),
            known: name(include_str!("../../sql/known_messages.sql")),
            recorded: name(include_str!("../../sql/recorded_rejects.sql")),
            some_rejects: name(include_str!("../../sql/some_rejects.sql")),
            old_in_ledger: name(include_str!("../../sql/old_in_ledger.sql")),
            prune_ledger_of_1970: name(include_str!("../../sql/prune_ledger_of_1970.sql")),
            prune_ledger: name(include_str!("../../sql/prune_ledger.sql")),
            insert_sealed: name(include_str!("../../sql/insert_sealed.sql")),
            prune_sealed: name(include_str!("../../sql/prune_sealed.sql")),
            prune_runs: name(include_str!("../../sql/prune_runs.sql")),
            record_run: name(include_str!("../../sql/record_run.sql")),
            newest_runs: name(include_str!("../../sql/newest_runs.sql")),
        }
    }
}

/// What `app_version` holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionColumn {
    /// The digits without the dots.
    Number,
    /// The version as it was sent.
    Text,
}

impl VersionColumn {
    fn sql(self) -> &'static str {
        match self {
            VersionColumn::Number => "pg_catalog.int4",
            VersionColumn::Text => "pg_catalog.text",
        }
    }
}

/// A name as SQL reads it back unchanged, whatever letters it has, also between dollar signs and from a terminal.
pub fn quoted(name: &str) -> String {
    let is_odd = |letter: char| letter == '$' || !shows(letter);
    let doubled = name.replace('"', "\"\"");
    if !name.chars().any(is_odd) {
        return format!("\"{doubled}\"");
    }
    let written = |letter: char| match letter {
        '\\' => r"\\".to_owned(),
        _ if is_odd(letter) => format!("\\+{:06x}", u32::from(letter)),
        _ => letter.to_string(),
    };
    format!("U&\"{}\"", doubled.chars().map(written).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_name_whatever_letters_it_has() {
        assert_eq!(quoted("logins"), r#""logins""#);
        assert_eq!(quoted(r"a$plan$\b"), r#"U&"a\+000024plan\+000024\\b""#);
        assert_eq!(quoted(r#"a"; DROP TABLE x; --"#), r#""a""; DROP TABLE x; --""#);
    }
}
