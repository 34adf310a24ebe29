//! The tests of `erase`: what is gone, what stays, what is told, and that it can be done again at any point.

use kit::{Program, Scene, login, login_with, rogue, wait_until};
use serde_json::Value;

/// After these bodies were drained.
fn drained(bodies: &[String]) -> Scene {
    let scene = Scene::scripted().ready(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
    scene.drain().ends_somehow().run();
    scene
}

fn told(program: Program) -> Value {
    serde_json::from_str(&program.flags("--format json").may_say_anything().run().stdout).unwrap()
}

const ANNA: &str = "anna-marker-77";
const BORIS: &str = "boris-marker-78";

#[test]
fn everything_of_a_user_is_gone_and_nothing_of_anybody_else() {
    let scene = drained(&[login(ANNA), login(BORIS), login(ANNA), rogue()]);
    let rejects = scene.database.rows("SELECT login_drain_rejects FROM login_drain_rejects");
    let ended = scene.program("erase").flags("--user-id").flags(ANNA).may_say_anything().run();
    assert!(ended.stdout.starts_with("erased: 2 rows of 1 user, at 2"), "{ended:?}");
    assert!(ended.stdout.contains("\nuser_logins: 2 erased, now 0 there\n"), "{ended:?}");
    assert!(ended.stdout.contains("run `login-drain drain` until the queue is empty, then erase again"));
    assert!(!ended.words().contains(ANNA), "{ended:?}");
    assert_eq!(scene.database.rows_by_user().into_keys().collect::<Vec<_>>(), [BORIS]);
    assert!(!scene.database.dump().contains(ANNA));
    assert_eq!(scene.database.counts(), [1, 3, 1], "the ledger still knows the messages");
    assert_eq!(scene.database.rows("SELECT login_drain_rejects FROM login_drain_rejects"), rejects);
}

#[test]
fn ids_on_standard_input_are_erased_and_told_by_their_places_alone() {
    let scene = drained(&[login(ANNA), login(BORIS), login("clara"), login("x' OR ''='")]);
    let list = format!("{ANNA}\n\nnobody-marker\n{BORIS}\n{ANNA}\nx' OR ''='\n");
    let dry = told(scene.program("erase --dry-run").reads(&list));
    assert_eq!(
        (&dry["dry_run"], &dry["tables"][0]["left"], &dry["tables"][0]["erased"]),
        (&true.into(), &3.into(), &0.into())
    );
    assert_eq!(scene.database.count("user_logins"), 4);

    let ended = scene.program("erase --format json").reads(&list).may_say_anything().run();
    assert!(!ended.words().contains("marker") && !ended.words().contains("OR"), "{ended:?}");
    let object: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&object["complete"], &object["users"]), (&true.into(), &4.into()));
    assert_eq!(object["users_without_rows"], serde_json::json!([2]));
    assert_eq!(object["tables"][0], serde_json::json!({"table": "user_logins", "erased": 3, "left": 0}));
    assert_eq!(object["queue_searched"], false);
    assert!(object["database"].as_str().unwrap().contains(" user ") && object["ended_at"].is_string());
    assert_eq!(scene.database.rows_by_user().into_keys().collect::<Vec<_>>(), ["clara"]);

    let again = told(scene.program("erase").reads(&list));
    assert_eq!(again["tables"][0], serde_json::json!({"table": "user_logins", "erased": 0, "left": 0}));
}

/// The same rows in a table as others make it.
const SHAPES: [(&str, &str); 5] = [
    ("as init-db makes it", ""),
    ("with an index", "CREATE INDEX by_user ON user_logins (user_id)"),
    (
        "in partitions",
        "DROP TABLE user_logins; CREATE TABLE user_logins (user_id varchar(128), device_type varchar(32),
             masked_ip varchar(256), masked_device_id varchar(256), locale varchar(32), app_version integer,
             create_date date) PARTITION BY RANGE (create_date);
         CREATE TABLE late PARTITION OF user_logins FOR VALUES FROM ('2026-01-01') TO (MAXVALUE);
         CREATE TABLE early PARTITION OF user_logins DEFAULT",
    ),
    ("in partitions with an index", "CREATE INDEX ON user_logins (user_id)"),
    (
        "behind a view",
        "ALTER TABLE user_logins RENAME TO stored; CREATE VIEW user_logins AS SELECT * FROM stored",
    ),
];

#[test]
fn users_are_erased_from_tables_of_any_shape() {
    let scene = Scene::scripted().ready(&[]);
    for (shape, sql) in SHAPES {
        scene.database.run(sql);
        scene.database.run(
            "INSERT INTO user_logins (user_id, create_date)
                 SELECT 'user ' || n % 5, date '2025-12-01' + n % 60 FROM generate_series(1, 3000) AS n",
        );
        let object = told(scene.program("erase").reads("user 1\nuser 3\n"));
        let table = serde_json::json!({"table": "user_logins", "erased": 1200, "left": 0});
        assert_eq!(object["tables"][0], table, "{shape}");
        let left = "SELECT string_agg(DISTINCT user_id, ',' ORDER BY user_id), count(*) FROM user_logins";
        assert_eq!(scene.database.row(left), "user 0,user 2,user 4|1800", "{shape}");
        scene.database.run("DELETE FROM user_logins");
    }
}

/// Counts the statements that delete, and how many rows the largest took.
const WITNESS: &str = "
    CREATE TABLE deletions (rows bigint);
    CREATE FUNCTION witness() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO deletions SELECT count(*) FROM gone; RETURN NULL; END $$;
    CREATE TRIGGER witness AFTER DELETE ON user_logins REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION witness()";

#[test]
fn a_user_with_very_many_rows_is_erased_in_transactions_of_bounded_size() {
    let scene = Scene::scripted().ready(&[]);
    scene.database.run(WITNESS);
    scene.database.run("CREATE INDEX by_user ON user_logins (user_id)");
    scene.database.run("INSERT INTO user_logins (user_id) SELECT 'anna' FROM generate_series(1, 25000)");
    scene.program("erase").reads("anna").prints("erased: 25,000 rows").run();
    assert_eq!(scene.database.row("SELECT max(rows), sum(rows) FROM deletions"), "10000|25000");
}

#[test]
fn a_large_table_without_an_index_is_read_in_ranges_and_told_of_with_the_statement_that_makes_one() {
    let scene = Scene::scripted().ready(&[]);
    // One row a page.
    scene.database.run("ALTER TABLE user_logins SET (fillfactor = 10)");
    scene.database.run(WITNESS);
    scene.database.run(
        "INSERT INTO user_logins (user_id, masked_ip, masked_device_id)
             SELECT 'user ' || n % 3, repeat('a', 256), repeat('b', 256) FROM generate_series(1, 9000) AS n",
    );
    let cure =
        format!(r#"CREATE INDEX CONCURRENTLY ON "{}"."user_logins" (user_id)"#, scene.database.schema());
    let ended = scene.program("erase").reads("user 1").prints("erased: 3,000 rows").complains(&cure).run();
    assert!(ended.stdout.contains("now 0 there"), "{ended:?}");
    assert_eq!(scene.database.row("SELECT count(*), sum(rows) FROM deletions"), "2|3000");
    scene.database.run(&cure.replace(" CONCURRENTLY", ""));
    scene.program("erase").reads("user 2").prints("erased: 3,000 rows").run();
}

#[test]
fn what_a_trigger_keeps_is_counted_and_the_run_ends_with_3() {
    let scene = drained(&[login(ANNA), login_with(ANNA, &[("device_type", "ios".into())])]);
    scene.database.run(
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN IF OLD.device_type = 'ios' THEN RETURN NULL; END IF; RETURN OLD; END $$;
         CREATE TRIGGER keep BEFORE DELETE ON user_logins FOR EACH ROW EXECUTE FUNCTION keep()",
    );
    for index in ["", "CREATE INDEX by_user ON user_logins (user_id)"] {
        scene.database.run(index);
        let erase = scene.program("erase").reads(ANNA).exits(3).prints("erased, now 1 there");
        erase.prints("a trigger of the table keeps them").run();
    }
}

#[test]
fn rows_that_a_policy_hides_are_not_passed_over() {
    let scene = drained(&[login(ANNA)]);
    let (role, url) = scene.database.role();
    scene.database.run(&format!(
        "GRANT SELECT, DELETE ON user_logins TO {role};
         ALTER TABLE user_logins ENABLE ROW LEVEL SECURITY;
         CREATE POLICY none ON user_logins USING (false)"
    ));
    let erase = scene.program("erase").env("DATABASE_URL", &url).reads(ANNA).exits(1);
    erase.complains("row security of user_logins hides rows from this user").run();
    scene.program("erase").reads(ANNA).prints("erased: 1 row").run();
}

#[test]
fn a_signal_ends_it_after_the_open_transaction_and_a_second_run_does_the_rest() {
    let scene = drained(&[login(ANNA), login(ANNA)]);
    scene
        .database
        .run("CREATE INDEX by_user ON user_logins (user_id); BEGIN; LOCK user_logins IN SHARE MODE");
    let stopped = "stopped before the end, run it again for the rest; erased until then: 2 rows";
    let erase = scene.program("erase").reads(ANNA).exits(4).prints(stopped);
    let running = erase.complains("stopping after the open transaction").start();
    let waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'user_logins'::regclass";
    wait_until("the erasure waits for the lock", || scene.database.row(waits) == "1");
    running.terminate();
    wait_until("it has heard", || running.complaints().contains("stopping"));
    scene.database.run("COMMIT");
    running.wait();
    scene.program("erase").reads(ANNA).prints("erased: 0 rows").run();
}

#[test]
fn a_server_that_writes_parameters_into_its_log_is_told_of() {
    let scene = drained(&[login(ANNA)]);
    let url = format!("{}%20-c%20log_statement%3Dmod", scene.database.url());
    let erase = || scene.program("erase --dry-run").env("DATABASE_URL", &url).reads(ANNA).prints("dry run");
    erase().complains("may write these user ids into its own log (log_statement)").run();
}

#[test]
fn each_thing_that_keeps_it_from_erasing_is_one_line() {
    let scene = Scene::scripted();
    let place = scene.database.place(&scene.database.user());
    let erase = || scene.program("erase").reads("anna");
    erase()
        .fails_with(1, &format!("table user_logins does not exist: run `login-drain init-db` (at {place})"));
    scene.init_db();
    let none = "no id is given: name one with --user-id, or write them on standard input, one a line";
    scene.program("erase").fails_with(1, none);
    scene.database.run(
        "INSERT INTO user_logins (user_id) VALUES ('anna');
         ALTER TABLE user_logins REPLICA IDENTITY NOTHING;
         SET client_min_messages = error; CREATE PUBLICATION logins FOR TABLE user_logins",
    );
    let schema = scene.database.schema();
    let identity = format!(r#"ALTER TABLE "{schema}"."user_logins" REPLICA IDENTITY FULL"#);
    erase().exits(1).complains(&identity).run();
    scene.database.run(&identity);
    erase().prints("erased: 1 row of 1 user").run();
    scene.database.run("DROP PUBLICATION logins");
}

#[test]
fn a_database_without_unicode_holds_nobody_whose_id_has_letters_that_it_lacks() {
    let scene = Scene::scripted();
    let (mut database, url) = scene.database.in_encoding("LATIN1");
    scene.program("init-db").env("DATABASE_URL", &url).exits(3).may_say_anything().run();
    let sql = "INSERT INTO user_logins (user_id) VALUES ('ren\u{e9}'), ('anna')";
    database.batch_execute(sql).unwrap();
    let object = told(scene.program("erase").env("DATABASE_URL", &url).reads("ren\u{e9}\nб\n"));
    assert_eq!((&object["tables"][0]["erased"], &object["complete"]), (&1.into(), &true.into()));
    assert_eq!(object["users_without_rows"], serde_json::json!([2]));
    let left = database.query("SELECT user_id FROM user_logins", &[]).unwrap();
    assert_eq!(left.iter().map(|row| row.get(0)).collect::<Vec<&str>>(), ["anna"]);
}
