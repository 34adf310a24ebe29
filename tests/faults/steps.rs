//! The statements of a run, each told from all others of a run by words of its own.

pub const BEGIN: &str = "SET LOCAL idle_in_transaction_session_timeout";
pub const CLAIM: &str = r#"INSERT INTO "public".login_drain_ledger"#;
pub const INSERT: &str = r#"INSERT INTO "public".user_logins"#;
pub const ONE_BY_ONE: &str = "DO $one_by_one$";
pub const COMMIT: &str = "COMMIT;";
pub const PRUNE: &str = r#"DELETE FROM "public".login_drain_ledger"#;
