//! The proof that every file of `sql/operator` does what its header says.

use std::path::Path;
use std::process::Command;

use kit::{Outcome, QUEUE, Scene};

use crate::{USER, login, reject};

/// After one login and one reject were drained.
fn scene_with_rows(flags: &str) -> Scene {
    let scene = Scene::scripted().ready(&[&login(), &reject()]);
    drain(&scene, flags, 3);
    scene
}

/// By the owner of the tables.
fn drain(scene: &Scene, flags: &str, code: i32) -> Outcome {
    scene.drain().flags(flags).exits(code).may_say_anything().run()
}

/// By the role that grants.sql makes.
fn drain_as_granted(scene: &Scene, flags: &str, code: i32) -> Outcome {
    let url = scene.database.url_as("login_drain");
    scene.drain().env("DATABASE_URL", &url).flags(flags).exits(code).may_say_anything().run()
}

#[test]
fn the_drain_runs_with_exactly_the_rights_that_grants_gives() {
    let scene = Scene::scripted().ready(&[&login(), &reject(), &login()]);
    scene.database.statement("grants.sql", &[]);
    scene.database.statement("grants.sql", &[]);
    let url = scene.database.url_as("login_drain");
    scene
        .program("check")
        .env("DATABASE_URL", &url)
        .prints("all are there, and fit")
        .prints("a drain would work")
        .run();
    let ended = drain_as_granted(&scene, "--exclusive", 3);
    assert_eq!(ended.stderr, "");
    assert_eq!(scene.database.count("user_logins"), 2);
    assert_eq!(scene.database.row("SELECT reason FROM login_drain_rejects"), "bad_version");
    assert_eq!(scene.server().counts(QUEUE).deleted, 3);
}

#[test]
fn each_right_that_grants_gives_to_the_drain_is_needed() {
    let scene = Scene::scripted().ready(&[&login()]);
    scene.database.statement("grants.sql", &[]);
    for (right, of) in [
        ("INSERT (user_id)", "user_logins"),
        ("INSERT (create_date)", "user_logins"),
        ("INSERT (sent_at)", "login_drain_ledger"),
        ("SELECT (message_id)", "login_drain_ledger"),
        ("SELECT (sent_at)", "login_drain_ledger"),
        ("INSERT (body)", "login_drain_rejects"),
        ("SELECT (reason)", "login_drain_rejects"),
        ("DELETE", "login_drain_rejects"),
    ] {
        scene.database.run(&format!("REVOKE {right} ON {of} FROM login_drain"));
        let ended = drain_as_granted(&scene, "", 1);
        assert!(ended.stderr.contains(of), "{right}: {ended:?}");
        assert_eq!(scene.server().counts(QUEUE).deleted, 0, "{right}");
        scene.database.run(&format!("GRANT {right} ON {of} TO login_drain"));
    }
}

#[test]
fn the_drain_prunes_where_it_may_and_says_nothing_where_it_may_not() {
    let scene = Scene::scripted().ready(&[]);
    scene.database.statement("grants.sql", &[]);
    scene.database.run(
        "INSERT INTO login_drain_ledger (message_id, sent_at, drained_at) SELECT gen_random_uuid(), now() - interval '16 days', now() - interval '16 days'",
    );
    for (drain, left) in [(drain_as_granted as fn(&Scene, &str, i32) -> Outcome, 1), (drain, 0)] {
        assert_eq!(drain(&scene, "", 0).stderr, "");
        assert_eq!(scene.database.count("login_drain_ledger"), left);
    }
}

#[test]
fn neither_role_can_read_or_change_what_is_stored() {
    let scene = Scene::scripted().ready(&[]);
    scene.database.statement("grants.sql", &[]);
    let may = |role: &str, right: &str, table: &str| {
        scene.database.row(&format!("SELECT has_any_column_privilege('{role}', '{table}', '{right}')")) == "t"
    };
    for role in ["login_drain", "login_drain_prune"] {
        assert!(!may(role, "SELECT", "user_logins") && !may(role, "UPDATE", "user_logins"), "{role}");
        assert!(!may(role, "UPDATE", "login_drain_ledger"), "{role}");
        let delete = format!("SELECT has_table_privilege('{role}', 'user_logins', 'DELETE')");
        assert_eq!(scene.database.row(&delete), "f");
    }
    assert!(!may("login_drain", "UPDATE", "login_drain_rejects"));
    let body = "SELECT has_column_privilege('login_drain', 'login_drain_rejects', 'body', 'SELECT')";
    assert_eq!(scene.database.row(body), "f");
    assert!(!may("login_drain_prune", "INSERT", "user_logins"));
}

#[test]
fn pruning_takes_old_rows_alone_and_needs_no_more_than_its_role() {
    let scene = Scene::scripted().ready(&[]);
    scene.database.statement("grants.sql", &[]);
    scene.database.run(
        "INSERT INTO login_drain_ledger (message_id, sent_at, drained_at) \
             SELECT gen_random_uuid(), now() - interval '16 days', now() - interval '16 days' \
             FROM generate_series(1, 25000); \
         INSERT INTO login_drain_ledger (message_id, sent_at, drained_at) SELECT gen_random_uuid(), now() - interval '14 days', now() - interval '14 days'; \
         INSERT INTO login_drain_ledger (message_id, sent_at, drained_at) SELECT gen_random_uuid(), 'epoch', now() - d * interval '1 day' \
             FROM unnest(ARRAY[0, 28, 30]) AS d; \
         INSERT INTO login_drain_rejects SELECT gen_random_uuid(), 'empty', '', '', now() - d * interval '1 day' \
         FROM unnest(ARRAY[100, 80]) AS d",
    );
    scene.database.attempt_as("login_drain_prune", "prune.sql").unwrap();
    let left = "SELECT (SELECT count(*) FROM login_drain_ledger), (SELECT count(*) FROM login_drain_rejects)";
    assert_eq!(scene.database.row(left), "3|1");
    scene.database.run(
        "INSERT INTO login_drain_sealed SELECT gen_random_uuid(), 'anna', '', now() - d * interval '1 day'
             FROM unnest(ARRAY[100, 80]) AS d",
    );
    for (variables, left) in [(&[][..], 1), (&["seal_days=70"][..], 0)] {
        scene.database.statement("prune.sql", variables);
        assert_eq!(scene.database.count("login_drain_sealed"), left);
    }
    scene.database.statement("prune.sql", &["days=10"]);
    assert_eq!(scene.database.row(left), "3|0");
    let nonsense = scene.database.attempt("prune.sql", &["days=-1"]).unwrap_err();
    assert!(nonsense.contains("days must be 1 or more, not -1"), "{nonsense}");
    let refused = scene.database.attempt_as("login_drain", "prune.sql").unwrap_err();
    assert!(refused.contains("permission denied"), "{refused}");
}

#[test]
fn erasing_takes_the_rights_that_grants_gives_to_its_role_and_each_of_them() {
    let scene = scene_with_rows("");
    scene.database.statement("grants.sql", &[]);
    let erase = || scene.program("erase").env("DATABASE_URL", &scene.database.url_as("login_drain_erase"));
    for right in ["SELECT (user_id)", "SELECT (ctid)", "SELECT (tableoid)", "DELETE"] {
        // One way in which rows are found needs this right, another one that.
        let indexed = right == "SELECT (tableoid)";
        if indexed {
            scene.database.run("CREATE INDEX by_user ON user_logins (user_id)");
        }
        scene.database.run(&format!("REVOKE {right} ON user_logins FROM login_drain_erase"));
        let refused =
            erase().reads(USER).exits(1).complains("as login_drain_erase, which sql/operator/grants.sql");
        refused.run();
        scene.database.run(&format!("GRANT {right} ON user_logins TO login_drain_erase"));
    }
    assert_eq!(scene.database.count("user_logins"), 1);
    erase().reads(USER).prints("erased: 1 row of 1 user").run();
    assert_eq!(scene.database.count("user_logins"), 0);
    for (right, column) in [("SELECT", "masked_ip"), ("INSERT", "user_id"), ("UPDATE", "user_id")] {
        let may =
            format!("SELECT has_column_privilege('login_drain_erase', 'user_logins', '{column}', '{right}')");
        assert_eq!(scene.database.row(&may), "f", "{right} {column}");
    }
    assert_eq!(
        scene
            .database
            .row("SELECT has_any_column_privilege('login_drain_erase', 'login_drain_rejects', 'SELECT')"),
        "f"
    );
}

#[test]
fn sealing_and_unsealing_take_the_rights_that_grants_gives_to_two_roles() {
    let scene = Scene::scripted().ready(&[&login()]);
    let pair = openssl::pkey::PKey::generate_x25519().unwrap();
    let public = scene.file("officer.pub", &pair.public_key_to_pem().unwrap(), 0o644).display().to_string();
    let private = scene.file("officer.key", &pair.private_key_to_pem_pkcs8().unwrap(), 0o600);
    scene.database.statement("grants.sql", &[]);
    let seal = format!("--seal-to {public}");
    scene.database.run("REVOKE INSERT (sealed) ON login_drain_sealed FROM login_drain");
    assert!(drain_as_granted(&scene, &seal, 1).stderr.contains("GRANT INSERT"));
    scene.database.run("GRANT INSERT (sealed) ON login_drain_sealed TO login_drain");
    drain_as_granted(&scene, &seal, 0);
    let unseal = |role: &str| {
        let program = scene.program("unseal --key").flags(&private.display().to_string()).reads(USER);
        program.env("DATABASE_URL", &scene.database.url_as(role))
    };
    for role in ["login_drain", "login_drain_prune", "login_drain_erase"] {
        unseal(role).exits(1).complains("run it as login_drain_unseal, which sql/operator/grants.sql").run();
    }
    scene.database.run("REVOKE INSERT (values_read) ON login_drain_unsealed FROM login_drain_unseal");
    unseal("login_drain_unseal").exits(1).complains("run it as login_drain_unseal").run();
    scene.database.run("GRANT INSERT (values_read) ON login_drain_unsealed TO login_drain_unseal");
    unseal("login_drain_unseal").prints("199.172.111.135").run();
    assert_eq!(scene.database.row("SELECT by_role FROM login_drain_unsealed"), "login_drain_unseal");
    for (right, column) in [("INSERT", "by_role"), ("INSERT", "unsealed_at"), ("UPDATE", "by_role")] {
        let may = format!(
            "SELECT has_column_privilege('login_drain_unseal', 'login_drain_unsealed', '{column}', '{right}')"
        );
        assert_eq!(scene.database.row(&may), "f", "{right} {column}");
    }
    let erase =
        scene.program("erase").env("DATABASE_URL", &scene.database.url_as("login_drain_erase")).reads(USER);
    erase.prints("login_drain_sealed: 1 erased, now 0 there").run();
}

#[test]
fn the_health_check_takes_the_right_that_grants_gives_to_its_role_and_no_other() {
    let scene = scene_with_rows("");
    scene.database.statement("grants.sql", &[]);
    let url = scene.database.url_as("login_drain_status");
    scene.program("status").env("DATABASE_URL", &url).prints("healthy: login-queue drained").run();
    for table in ["user_logins", "login_drain_ledger", "login_drain_rejects"] {
        for right in ["SELECT", "INSERT", "UPDATE", "DELETE"] {
            let any = format!("SELECT has_table_privilege('login_drain_status', '{table}', '{right}')");
            assert_eq!(scene.database.row(&any), "f", "{right} {table}");
        }
    }
    let changes =
        "SELECT has_table_privilege('login_drain_status', 'login_drain_runs', 'INSERT, UPDATE, DELETE')";
    assert_eq!(scene.database.row(changes), "f");
}

#[test]
fn a_person_is_found_by_the_mask_of_an_address_or_a_device() {
    let scene = scene_with_rows("");
    let plain = scene.database.row("SELECT encode(sha256('593-47-5928'), 'hex')");
    let found = scene.database.statement("find_by_mask.sql", &[&format!("mask={plain}")]);
    assert!(found.starts_with("424cdd21-") && found.ends_with("|f|t"), "{found}");
    assert_eq!(scene.database.statement("find_by_mask.sql", &["mask=none"]), "");
}

#[test]
fn a_person_is_found_by_a_mask_made_with_the_key_as_the_file_says() {
    let scene = Scene::scripted().ready(&[&login(), &reject()]);
    let key = scene.file("key", b"0123456789abcdef0123456789abcdef", 0o600);
    drain(&scene, &format!("--mask-key-file {}", key.display()), 3);
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/operator/find_by_mask.sql"));
    let line =
        text.unwrap().lines().find(|line| line.contains("mask ip --mask-key-file")).unwrap().to_owned();
    let command = line.trim_start_matches("--").trim_end_matches("with one").trim();
    let mask = shell(&command.replace("mask.key", &key.display().to_string()));
    let found = scene.database.statement("find_by_mask.sql", &[&format!("mask={mask}")]);
    assert!(found.starts_with("424cdd21-") && found.ends_with("|t|f"), "{found}");
}

#[test]
fn a_partitioned_table_is_left_as_it_is_by_init_db_and_filled_by_the_drain() {
    let scene = Scene::scripted();
    scene.database.statement("partition_user_logins.sql", &[]);
    scene.database.statement("partition_user_logins.sql", &[]);
    let scene = scene.ready(&[&login()]);
    scene.database.statement("grants.sql", &[]);
    drain_as_granted(&scene, "", 0);
    let partition = scene.database.row("SELECT tableoid::regclass::text FROM user_logins");
    let month = scene.database.row("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')");
    assert_eq!(partition, format!("user_logins_{month}"));
    assert_eq!(
        scene.database.row("SELECT count(*) FROM pg_inherits WHERE inhparent = 'user_logins'::regclass"),
        "14"
    );
}

#[test]
fn a_table_that_is_there_already_is_not_partitioned_over() {
    let scene = scene_with_rows("");
    let outcome = scene.database.attempt("partition_user_logins.sql", &[]);
    assert!(outcome.is_err(), "it must stop with an error");
    assert_eq!(scene.database.count("user_logins"), 1);
}

/// Runs a line as an operator types it, who has the program and what every system has on the PATH, and no more.
fn shell(line: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_login-drain")).parent().unwrap();
    let mut sh = Command::new("/bin/sh");
    sh.args(["-c", line]).env_clear().env("PATH", format!("{}:/usr/bin:/bin", program.display()));
    let output = sh.output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// What another role may have put where statements look: each makes its caller a witness.
const TRAPS: &str = "
    CREATE SEQUENCE called;
    GRANT ALL ON SEQUENCE called TO PUBLIC;
    CREATE FUNCTION trap() RETURNS bool LANGUAGE sql AS $$ SELECT pg_catalog.nextval('SCHEMA.called') IS NOT NULL $$;
    CREATE FUNCTION unnest(text[]) RETURNS SETOF text LANGUAGE sql AS
        $$ SELECT pg_catalog.unnest($1) WHERE SCHEMA.trap() $$;
    CREATE FUNCTION format(text, text) RETURNS text LANGUAGE sql AS $$ SELECT $1 WHERE SCHEMA.trap() $$;
    CREATE FUNCTION oid_is(oid, regclass) RETURNS bool LANGUAGE sql AS $$ SELECT SCHEMA.trap() $$;
    CREATE FUNCTION text_is(varchar, text) RETURNS bool LANGUAGE sql AS $$ SELECT SCHEMA.trap() $$;
    CREATE FUNCTION name_is(name, text) RETURNS bool LANGUAGE sql AS $$ SELECT SCHEMA.trap() $$;
    CREATE FUNCTION before(date, date) RETURNS bool LANGUAGE sql AS $$ SELECT SCHEMA.trap() $$;
    CREATE OPERATOR = (LEFTARG = oid, RIGHTARG = regclass, FUNCTION = oid_is);
    CREATE OPERATOR = (LEFTARG = varchar, RIGHTARG = text, FUNCTION = text_is);
    CREATE OPERATOR = (LEFTARG = name, RIGHTARG = text, FUNCTION = name_is);
    CREATE OPERATOR - (LEFTARG = date, RIGHTARG = date, FUNCTION = before)";

#[test]
fn no_statement_calls_what_another_role_has_made() {
    let scene = Scene::scripted();
    scene.database.run(&TRAPS.replace("SCHEMA", scene.database.schema()));
    scene.database.rows("SELECT unnest(ARRAY['a']::text[])");
    let called = "SELECT is_called FROM called";
    assert_eq!(scene.database.row(called), "t", "the traps work");
    scene.database.run("ALTER SEQUENCE called RESTART");

    scene.database.statement("partition_user_logins.sql", &[]);
    let scene = scene.ready(&[&login(), &reject()]);
    drain(&scene, "", 3);
    scene.database.statement("grants.sql", &[]);
    scene.database.statement("prune.sql", &[]);
    scene.database.statement("find_by_mask.sql", &["mask=none"]);
    for index in ["", "CREATE INDEX by_user ON user_logins (user_id)"] {
        scene.database.run(index);
        scene.program("erase").reads(USER).may_say_anything().run();
    }
    assert_eq!(scene.database.row(called), "f");
}

#[test]
fn an_owner_who_may_make_no_role_grants_to_those_that_are_there() {
    let scene = Scene::scripted().ready(&[]);
    scene.database.statement("grants.sql", &[]);
    let (owner, _) = scene.database.role();
    scene.database.run(&format!(
        "ALTER SCHEMA {0} OWNER TO {owner}; ALTER TABLE user_logins OWNER TO {owner};
         ALTER TABLE login_drain_ledger OWNER TO {owner}; ALTER TABLE login_drain_rejects OWNER TO {owner};
         ALTER TABLE login_drain_runs OWNER TO {owner}; ALTER TABLE login_drain_sealed OWNER TO {owner};
         ALTER TABLE login_drain_unsealed OWNER TO {owner}",
        scene.database.schema()
    ));
    scene.database.attempt_as(&owner, "grants.sql").unwrap();
}

#[test]
fn rows_that_are_there_are_moved_into_partitions_of_their_months_whatever_their_columns() {
    let scene = Scene::scripted();
    scene.database.run(
        "CREATE TABLE user_logins_before (create_date date, note text DEFAULT 'none', locale varchar(32),
            user_id varchar(128), device_type varchar(32), masked_ip varchar(256), masked_device_id varchar(256),
            app_version integer);
         INSERT INTO user_logins_before (create_date, user_id, note)
             VALUES ('2019-05-31', 'old', 'was here'), ('2024-02-29', 'young', DEFAULT)",
    );
    scene.database.statement("partition_user_logins.sql", &[]);
    scene.database.run("INSERT INTO user_logins SELECT * FROM user_logins_before");
    let rows = "SELECT user_id, note, tableoid::regclass::text FROM user_logins ORDER BY 1";
    assert_eq!(
        scene.database.rows(rows),
        ["old|was here|user_logins_2019_05", "young|none|user_logins_2024_02"]
    );
    let scene = scene.ready(&[&login()]);
    drain(&scene, "", 0);
    assert_eq!(scene.database.count("user_logins"), 3);
}
