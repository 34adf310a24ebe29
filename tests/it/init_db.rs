//! The tests of making and checking the tables.

use kit::{Program, Scene, login, rogue};

const TABLES: [&str; 6] = [
    "login_drain_ledger",
    "login_drain_rejects",
    "login_drain_runs",
    "login_drain_sealed",
    "login_drain_unsealed",
    "user_logins",
];

fn tables(scene: &Scene) -> Vec<String> {
    let schema = scene.database.schema();
    scene.database.rows(&format!("SELECT tablename FROM pg_tables WHERE schemaname = '{schema}' ORDER BY 1"))
}

#[test]
fn init_db_makes_the_tables_and_says_what_to_do_next() {
    let scene = Scene::new();
    let place = scene.database.place(&scene.database.user());
    let told = scene.program("init-db").prints("").run().stdout;
    assert_eq!(
        told,
        format!(
            "tables user_logins, login_drain_ledger, login_drain_rejects, login_drain_runs, login_drain_sealed, login_drain_unsealed are ready on {place}, schema {}\n\
         next: `login-drain peek` to look into the queue, `login-drain drain` to drain it\n",
            scene.database.schema()
        )
    );
    assert_eq!(tables(&scene), TABLES);
    let columns =
        "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
        FROM pg_attribute WHERE attrelid = 'user_logins'::regclass AND attnum > 0";
    assert_eq!(
        scene.database.rows(columns),
        ["user_id character varying(128), device_type character varying(32), \
         masked_ip character varying(256), masked_device_id character varying(256), \
         locale character varying(32), app_version integer, create_date date"]
    );
}

#[test]
fn init_db_run_twice_changes_nothing() {
    let scene = Scene::new().ready(&[&login("anna"), &rogue()]);
    scene.drain().exits(3).books();
    let before = scene.database.dump();
    scene.init_db();
    assert_eq!(scene.database.dump(), before);
}

#[test]
fn init_db_run_eight_times_at_once_makes_the_tables_once() {
    let scene = Scene::new();
    let started: Vec<_> = (0..8).map(|_| scene.program("init-db").prints("are ready on").start()).collect();
    started.into_iter().for_each(|running| drop(running.wait()));
    assert_eq!(tables(&scene), TABLES);
}

#[test]
fn print_touches_nothing_and_psql_makes_the_same_tables_of_it() {
    let scene = Scene::new();
    let nowhere = scene.program("init-db --print").env("DATABASE_URL", "postgres://127.0.0.1:1/none");
    let script = nowhere.prints("CREATE TABLE IF NOT EXISTS user_logins").run().stdout;
    assert_eq!(tables(&scene), Vec::<String>::new());

    scene.database.script(&script);
    scene.database.script(&script);
    let by_hand = scene.database.dump();

    let schema = scene.database.schema();
    scene.database.run(&format!("DROP SCHEMA {schema} CASCADE; CREATE SCHEMA {schema}"));
    scene.init_db();
    assert_eq!(scene.database.dump(), by_hand);
}

/// What init-db says of a user_logins that is there and takes no login, with what would mend it.
fn refused(columns: &str, finding: &str, change: Option<&str>) {
    let scene = Scene::new();
    scene.database.run(&format!("CREATE TABLE user_logins ({columns})"));
    let before = scene.database.definition_of("user_logins");
    let place = scene.database.place(&scene.database.user());
    let schema = scene.database.schema();
    let cure = change.map(|change| format!(" (to mend it: ALTER TABLE \"{schema}\".user_logins {change})"));
    let line = format!("the tables on {place} do not fit, and login-drain alters none: {finding}");
    scene.program("init-db").fails_with(1, &(line + &cure.unwrap_or_default()));
    assert_eq!(scene.database.definition_of("user_logins"), before);
}

#[test]
fn a_table_that_does_not_fit_is_named_with_its_column() {
    const OTHERS: &str =
        "user_id text, device_type text, masked_ip text, masked_device_id text, create_date date";
    refused(
        &format!("{OTHERS}, app_version integer"),
        "table user_logins has no column locale",
        Some("ADD COLUMN locale varchar(32)"),
    );
    refused(
        &format!("{OTHERS}, locale text, app_version bytea"),
        "column user_logins.app_version is of type bytea, it must be int4 or int8 or numeric or int2 or varchar or text or bpchar or citext",
        None,
    );
    refused(
        &format!("{OTHERS}, locale text, app_version integer, tenant text NOT NULL"),
        "column user_logins.tenant is NOT NULL without a default, and login-drain does not fill it",
        Some("ALTER COLUMN \"tenant\" DROP NOT NULL"),
    );
}

#[test]
fn a_table_that_would_refuse_some_logins_is_ready_and_told_with_what_mends_it() {
    let scene = Scene::new();
    scene.database.run(
        "CREATE TABLE user_logins (user_id text PRIMARY KEY, device_type text, masked_ip text, masked_device_id text,
            locale varchar(2), app_version integer, create_date date)",
    );
    let told = scene.program("init-db").exits(3).prints("are ready on").may_say_anything().run().stderr;
    let schema = scene.database.schema();
    for line in [
        format!(
            "column user_logins.locale holds 2 characters, and a login may have 32 (to mend it: ALTER TABLE \
             \"{schema}\".user_logins ALTER COLUMN \"locale\" TYPE varchar(32))"
        ),
        format!(
            "user_logins has the unique key user_logins_pkey (user_id): logins that agree in it are refused but for \
             the first (to mend it: ALTER TABLE \"{schema}\".user_logins DROP CONSTRAINT \"user_logins_pkey\")"
        ),
    ] {
        assert!(told.contains(&line), "{told}");
    }
}

#[test]
fn the_fewest_rights_are_enough_to_drain() {
    let scene = Scene::new().ready(&[&login("anna"), &rogue()]);
    let (role, url) = scene.database.role();
    let refused = scene.drain().env("DATABASE_URL", &url);
    refused
        .exits(1)
        .complains(
            "this user may not INSERT into column user_logins.user_id (to mend it: GRANT INSERT (user_id) ON ",
        )
        .run();

    scene.database.run(&format!(
        "GRANT INSERT (user_id, device_type, masked_ip, masked_device_id, locale, app_version, create_date)
            ON user_logins TO {role};
         GRANT INSERT, SELECT (message_id, sent_at) ON login_drain_ledger TO {role};
         GRANT INSERT, SELECT (message_id, reason), DELETE ON login_drain_rejects TO {role}"
    ));
    let drain: Program = scene.drain().env("DATABASE_URL", &url);
    assert_eq!(drain.exits(3).books()["inserted"], 1);
    assert_eq!(scene.database.counts(), [1, 1, 1]);

    scene.queue.send(&[&login("boris")]);
    let rehearsal = scene.drain().env("DATABASE_URL", &url).flags("--dry-run").books();
    assert_eq!(rehearsal["dry_run"]["would_insert"], 1);
}

#[test]
fn a_role_that_may_make_no_tables_is_told_so() {
    let scene = Scene::new();
    let (role, url) = scene.database.role();
    let line = format!(
        "could not create the tables at {} (SQLSTATE 42501): this user may create none there; run \
         `login-drain init-db` as a user who may, or hand them the output of `login-drain init-db --print`",
        scene.database.place(&role)
    );
    scene.program("init-db").env("DATABASE_URL", &url).fails_with(1, &line);
}
