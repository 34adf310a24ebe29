//! The tests of making and checking the tables.

use kit::{Outcome, Program, Scene, login, rogue};

const TABLES: [&str; 4] = ["login_drain_ledger", "login_drain_rejects", "login_drain_runs", "user_logins"];

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
            "tables user_logins, login_drain_ledger, login_drain_rejects and login_drain_runs are ready on {place}\n\
         next: `login-drain peek` to look into the queue, `login-drain drain` to drain it\n"
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

const OTHERS: &str =
    "user_id text, device_type text, masked_ip text, masked_device_id text, create_date date";

/// A user_logins that is there: OTHERS and these. It is left as it is, whatever init-db says of it.
fn told_of(columns: &str, check: impl FnOnce(Program, &str)) {
    let scene = Scene::new();
    scene.database.run(&format!("CREATE TABLE user_logins ({OTHERS}, {columns})"));
    let before = scene.database.definition_of("user_logins");
    check(scene.program("init-db"), &scene.database.place(&scene.database.user()));
    assert_eq!(scene.database.definition_of("user_logins"), before);
}

/// What init-db says where the table would take no login. `cure` is what it would do to the table.
fn refuses_all(columns: &str, finding: &str, cure: Option<&str>) {
    told_of(columns, |program, place| {
        let outcome = program.exits(1).complains("").run();
        let cure = cure.map(|cure| mended_by(&outcome, cure)).unwrap_or_default();
        assert_eq!(
            outcome.stderr,
            format!(
                "login-drain: the tables on {place} do not fit, and login-drain alters none: {finding}{cure}\n"
            )
        );
    });
}

/// What init-db says where the table would refuse some logins.
fn refuses_some(columns: &str, finding: &str, cure: &str) {
    told_of(columns, |program, place| {
        let outcome = program.exits(3).prints(&format!("are ready on {place}\n")).complains("").run();
        let cure = mended_by(&outcome, cure);
        assert_eq!(outcome.stderr, format!("login-drain: warning: {finding}{cure}\n"));
    });
}

/// The words around a cure, with the schema that the outcome names.
fn mended_by(outcome: &Outcome, cure: &str) -> String {
    let schema = outcome.stderr.split('"').find(|part| part.starts_with("test_schema")).unwrap_or_default();
    format!(" (to mend it: ALTER TABLE \"{schema}\".\"user_logins\" {cure})")
}

#[test]
fn a_table_that_takes_no_login_is_named_with_its_column_and_what_mends_it() {
    refuses_all(
        "app_version integer",
        "table user_logins has no column locale",
        Some("ADD COLUMN locale varchar"),
    );
    refuses_all(
        "locale text, app_version text",
        "column user_logins.app_version is of type text, it must be int4 or int8 or numeric or int2",
        None,
    );
    refuses_all(
        "locale text, app_version integer, tenant text NOT NULL",
        "column user_logins.tenant is NOT NULL without a default, and login-drain does not fill it",
        Some("ALTER COLUMN \"tenant\" DROP NOT NULL"),
    );
}

#[test]
fn a_table_that_refuses_some_logins_is_ready_and_warned_of_with_what_mends_it() {
    refuses_some(
        "locale varchar(2), app_version integer",
        "column user_logins.locale holds 2 characters, and a login may have 32",
        "ALTER COLUMN \"locale\" TYPE varchar(32)",
    );
    refuses_some(
        "locale text NOT NULL, app_version integer",
        "column user_logins.locale is NOT NULL, and many logins have no locale",
        "ALTER COLUMN \"locale\" DROP NOT NULL",
    );
}

#[test]
fn the_fewest_rights_are_enough_to_drain() {
    let scene = Scene::new().ready(&[&login("anna"), &rogue()]);
    let (role, url) = scene.database.role();
    let told = scene.drain().env("DATABASE_URL", &url).exits(1).complains("").run().stderr;
    let schema = scene.database.schema();
    assert!(told.starts_with(&format!(
        "login-drain: this user may not INSERT column user_logins.user_id \
         (to mend it: GRANT INSERT (\"user_id\") ON \"{schema}\".\"user_logins\" TO \"{role}\"); "
    )));
    assert_eq!((scene.queue.visible(), scene.queue.in_flight()), (2, 0));

    // What it names is all that it needs.
    let grants =
        told.split("(to mend it: ").skip(1).map(|rest| rest.split_once("); ").unwrap_or((rest, "")).0);
    let grants: Vec<&str> = grants.map(|grant| grant.trim_end().trim_end_matches(')')).collect();
    scene.database.run(&grants.join(";"));
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
