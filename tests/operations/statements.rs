//! The proof that every file of `sql/operator` does what its header says.

use std::process::Command;

use crate::place::Place;
use crate::program::{LOGIN, Program, QUEUE, REJECT, queue_with};

/// Tables as init-db makes them.
fn place_with_tables() -> Place {
    let place = Place::new();
    let made = Program::new(&queue_with(&[]), &place.url()).run("init-db");
    assert_eq!(made.code, Some(0), "{made:#?}");
    place
}

/// As `place_with_tables`, after one login and one reject were drained.
fn place_with_rows(flags: &str) -> Place {
    let place = place_with_tables();
    Program::new(&queue_with(&[LOGIN, REJECT]), &place.url()).drain(flags, 3);
    place
}

#[test]
fn the_drain_runs_with_exactly_the_rights_that_grants_gives() {
    let place = place_with_tables();
    place.statement("grants.sql", &[]);
    place.statement("grants.sql", &[]);
    let server = queue_with(&[LOGIN, REJECT, LOGIN]);
    let ended = Program::new(&server, &place.url_as("login_drain")).drain("--exclusive", 3);
    assert_eq!(ended.complained, "");
    assert_eq!(place.query("SELECT count(*) FROM user_logins"), "2");
    assert_eq!(place.query("SELECT reason FROM login_drain_rejects"), "bad_version");
    assert_eq!(server.counts(QUEUE).deleted, 3);
}

#[test]
fn each_right_that_grants_gives_to_the_drain_is_needed() {
    let place = place_with_tables();
    place.statement("grants.sql", &[]);
    for (right, of) in [
        ("INSERT (user_id)", "user_logins"),
        ("INSERT (create_date)", "user_logins"),
        ("INSERT (sent_at)", "login_drain_ledger"),
        ("SELECT (message_id)", "login_drain_ledger"),
        ("INSERT (body)", "login_drain_rejects"),
    ] {
        place.query(&format!("REVOKE {right} ON {of} FROM login_drain"));
        let server = queue_with(&[LOGIN]);
        let ended = Program::new(&server, &place.url_as("login_drain")).drain("", 1);
        assert!(ended.complained.contains(of), "{right}: {}", ended.complained);
        assert_eq!(server.counts(QUEUE).deleted, 0, "{right}");
        place.query(&format!("GRANT {right} ON {of} TO login_drain"));
    }
}

#[test]
fn the_drain_prunes_where_it_may_and_says_nothing_where_it_may_not() {
    let place = place_with_tables();
    place.statement("grants.sql", &[]);
    place.query("INSERT INTO login_drain_ledger SELECT gen_random_uuid(), now() - interval '16 days'");
    for (url, left) in [(place.url_as("login_drain"), "1"), (place.url(), "0")] {
        let ended = Program::new(&queue_with(&[]), &url).drain("", 0);
        assert_eq!(ended.complained, "");
        assert_eq!(place.query("SELECT count(*) FROM login_drain_ledger"), left);
    }
}

#[test]
fn neither_role_can_read_or_change_what_is_stored() {
    let place = place_with_tables();
    place.statement("grants.sql", &[]);
    let may = |role: &str, right: &str, table: &str| {
        place.query(&format!("SELECT has_any_column_privilege('{role}', '{table}', '{right}')")) == "t"
    };
    for role in ["login_drain", "login_drain_prune"] {
        assert!(!may(role, "SELECT", "user_logins") && !may(role, "UPDATE", "user_logins"), "{role}");
        assert!(!may(role, "UPDATE", "login_drain_ledger"), "{role}");
        assert_eq!(
            place.query(&format!("SELECT has_table_privilege('{role}', 'user_logins', 'DELETE')")),
            "f"
        );
    }
    assert!(!may("login_drain", "SELECT", "login_drain_rejects"));
    assert!(!may("login_drain_prune", "INSERT", "user_logins"));
}

#[test]
fn pruning_takes_old_rows_alone_and_needs_no_more_than_its_role() {
    let place = place_with_tables();
    place.statement("grants.sql", &[]);
    place.query(
        "INSERT INTO login_drain_ledger SELECT gen_random_uuid(), now() - interval '16 days' \
         FROM generate_series(1, 25000); \
         INSERT INTO login_drain_ledger SELECT gen_random_uuid(), now() - interval '14 days'; \
         INSERT INTO login_drain_rejects SELECT gen_random_uuid(), 'empty', '', '', now() - d * interval '1 day' \
         FROM unnest(ARRAY[100, 80]) AS d",
    );
    place.statement_as("login_drain_prune", "prune.sql").unwrap();
    let left = "SELECT (SELECT count(*) FROM login_drain_ledger), (SELECT count(*) FROM login_drain_rejects)";
    assert_eq!(place.query(left), "1|1");
    place.statement("prune.sql", &["days=10"]);
    assert_eq!(place.query(left), "1|0");
    let refused = place.statement_as("login_drain", "prune.sql").unwrap_err();
    assert!(refused.contains("permission denied"), "{refused}");
}

#[test]
fn erasing_a_user_leaves_others_and_the_ledger() {
    let place = place_with_rows("");
    let other = LOGIN.replace("424cdd21", "another1");
    let other_reject = REJECT.replace("424cdd21", "another1");
    Program::new(&queue_with(&[&other, &other_reject]), &place.url()).drain("", 3);
    let told = place.statement("erase_user.sql", &["user_id=424cdd21-063a-43a7-b91b-7ca1a833afae"]);
    assert_eq!(told, "1\n1");
    assert_eq!(place.query("SELECT left(user_id, 8) FROM user_logins"), "another1");
    assert_eq!(place.query("SELECT count(*) FROM login_drain_rejects"), "1");
    assert_eq!(place.query("SELECT count(*) FROM login_drain_ledger"), "2");
    assert_eq!(place.statement("erase_user.sql", &["user_id=x' OR ''='"]), "0\n0");
}

#[test]
fn a_person_is_found_by_the_mask_of_an_address_or_a_device() {
    let place = place_with_rows("");
    let plain = shell("printf %s 593-47-5928 | sha256sum | cut -d ' ' -f 1");
    let found = place.statement("find_by_mask.sql", &[&format!("mask={plain}")]);
    assert!(found.starts_with("424cdd21-") && found.ends_with("|f|t"), "{found}");
    assert_eq!(place.statement("find_by_mask.sql", &["mask=none"]), "");
}

#[test]
fn a_person_is_found_by_a_mask_made_with_the_key_as_the_file_says() {
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("key");
    shell(&format!("umask 077; openssl rand -hex 32 > {}", key.display()));
    let place = place_with_rows(&format!("--mask-key-file {}", key.display()));
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/operator/find_by_mask.sql"));
    let line = text.unwrap().lines().find(|line| line.contains("--mask-key-file")).unwrap().to_owned();
    let command = line.trim_start_matches("--").trim_end_matches("with one").trim();
    let command = command.replace("login-drain mask", &format!("{} mask", env!("CARGO_BIN_EXE_login-drain")));
    let mask = shell(&command.replace("mask.key", &key.display().to_string()));
    let found = place.statement("find_by_mask.sql", &[&format!("mask={mask}")]);
    assert!(found.starts_with("424cdd21-") && found.ends_with("|t|f"), "{found}");
}

#[test]
fn a_partitioned_table_is_left_as_it_is_by_init_db_and_filled_by_the_drain() {
    let place = Place::new();
    place.statement("partition_user_logins.sql", &[]);
    place.statement("partition_user_logins.sql", &[]);
    let server = queue_with(&[LOGIN]);
    assert_eq!(Program::new(&server, &place.url()).run("init-db").code, Some(0));
    place.statement("grants.sql", &[]);
    Program::new(&server, &place.url_as("login_drain")).drain("", 0);
    let partition = place.query("SELECT tableoid::regclass::text FROM user_logins");
    let month = place.query("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')");
    assert_eq!(partition, format!("user_logins_{month}"));
    assert_eq!(
        place.query("SELECT count(*) FROM pg_inherits WHERE inhparent = 'user_logins'::regclass"),
        "14"
    );
}

#[test]
fn a_table_that_is_there_already_is_not_partitioned_over() {
    let place = place_with_rows("");
    let outcome = std::panic::catch_unwind(|| place.statement("partition_user_logins.sql", &[]));
    assert!(outcome.is_err(), "it must stop with an error");
    assert_eq!(place.query("SELECT count(*) FROM user_logins"), "1");
}

fn shell(line: &str) -> String {
    let output = Command::new("sh").args(["-c", line]).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
