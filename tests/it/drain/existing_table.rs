//! The tests with a user_logins that somebody else made: it is never altered, and may be stricter than ours.

use serde_json::json;

use kit::sqs_server::Options;
use kit::{Database, QUEUE, Scene, Server, login, login_with};

/// Without keys, in another order, with one column more and one row in it.
const THEIRS: &str = "CREATE TABLE user_logins (
    create_date date, note text, app_version integer, locale varchar(32), masked_device_id varchar(256),
    masked_ip varchar(256), device_type varchar(32), user_id varchar(128));
    INSERT INTO user_logins (user_id, note) VALUES ('old', 'was here')";

#[test]
fn a_table_without_keys_made_by_somebody_else_works_and_stays_as_it_is() {
    let scene = Scene::new();
    scene.database.run(THEIRS);
    let before = scene.database.definition_of("user_logins");
    let scene = scene.ready(&[&login("anna"), &login("anna")]);
    scene.drain().books();
    assert_eq!(scene.database.definition_of("user_logins"), before);
    let rows = scene.database.rows("SELECT user_id, note, device_type, locale, app_version FROM user_logins");
    assert_eq!(rows, ["old|was here|~|~|~", "anna|~|android|RU|230", "anna|~|android|RU|230"]);
}

#[test]
fn a_row_too_wide_for_their_column_is_a_reject_and_the_others_land_in_the_same_transaction() {
    let scene = Scene::new();
    scene.database.run("CREATE TABLE user_logins (user_id varchar(128), device_type varchar(7),
        masked_ip varchar(256), masked_device_id varchar(256), locale varchar(32), app_version integer, create_date date)");
    let narrow = "column user_logins.device_type holds 7 characters, and a login may have 32";
    scene.program("init-db").exits(3).prints("are ready").complains(narrow).run();
    let wide = login_with("boris", &[("device_type", json!("refrigerator"))]);
    scene.queue.send(&[&login("anna"), &wide, &login("clara")]);

    let warned = scene.drain().flags("--format json").exits(3).complains(narrow).prints("").start();
    let books = warned.books();

    assert_eq!(books["rejects_by_reason"], json!({"refused_by_database": 1}));
    assert_eq!(scene.database.rows("SELECT user_id FROM user_logins ORDER BY 1"), ["anna", "clara"]);
    assert_eq!(
        scene.database.rows("SELECT reason, detail FROM login_drain_rejects"),
        ["refused_by_database|SQLSTATE 22001"]
    );
    assert_eq!(scene.database.rows(TRANSACTIONS), ["1"]);
    assert_eq!(left(&scene), 1);
}

/// Messages that are still on the queue: refused ones stay there.
fn left(scene: &Scene) -> u64 {
    scene.queue.visible() + scene.queue.in_flight()
}

/// Rows of user_logins may bear the number of a part of the transaction.
const TRANSACTIONS: &str = "SELECT count(DISTINCT xmin) FROM (
    SELECT xmin::text FROM login_drain_ledger UNION ALL SELECT xmin::text FROM login_drain_rejects) AS written";

#[test]
fn a_row_that_their_check_refuses_is_a_reject_and_the_others_land_in_the_same_transaction() {
    let scene = Scene::new().ready(&[]);
    scene.database.run("ALTER TABLE user_logins ADD CONSTRAINT known_locale CHECK (locale <> 'XX')");
    let bodies: Vec<String> = (0..25)
        .map(|number| {
            login_with(&number.to_string(), &[("locale", json!(if number == 17 { "XX" } else { "RU" }))])
        })
        .collect();
    scene.queue.send(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
    let books = scene.drain().exits(3).books();
    assert_eq!(books["rejects_by_reason"], json!({"refused_by_database": 1}));
    assert_eq!(scene.database.counts(), [24, 24, 1]);
    assert_eq!(
        scene.database.rows("SELECT DISTINCT reason, detail FROM login_drain_rejects"),
        ["refused_by_database|SQLSTATE 23514, table user_logins, constraint known_locale"]
    );
    assert_eq!(scene.database.rows("SELECT 1 FROM user_logins WHERE user_id = '17'").len(), 0);
    assert_eq!(left(&scene), 1);
}

#[test]
fn a_table_that_refuses_every_row_ends_the_run_with_nothing_deleted() {
    let bodies: Vec<String> = (0..20).map(|number| login(&number.to_string())).collect();
    let scene = Scene::new().ready(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
    scene.database.run("ALTER TABLE user_logins ADD CONSTRAINT never CHECK (user_id = 'nobody')");
    scene
        .drain()
        .exits(1)
        .complains("PostgreSQL refused all 20 logins that were tried, each alike")
        .complains("(SQLSTATE 23514, table user_logins, constraint never)")
        .run();
    assert_eq!(scene.database.counts(), [0, 0, 20]);
    assert_eq!(left(&scene), 20);
}

#[test]
fn a_database_without_unicode_stores_what_it_can_and_rejects_the_rest() {
    let scene = Scene::new();
    let (mut database, url) = scene.database.in_encoding("LATIN1");
    let told = "the encoding of the database is LATIN1: logins with letters that it lacks are refused";
    scene.program("init-db").env("DATABASE_URL", &url).exits(3).prints("are ready").complains(told).run();
    let with_device = |user: &str, device: &str| login_with(user, &[("device_type", json!(device))]);
    let logins = [with_device("anna", "téléphone"), with_device("boris", "телефон"), login("clara")];
    scene.queue.send(&[&logins[0], &logins[1], &logins[2], "Привет 1"]);
    let drain = scene.drain().env("DATABASE_URL", &url).flags("--format json").exits(3).complains(told);
    let books = drain.prints("").start().books();
    assert_eq!(books["rejects_by_reason"], json!({"refused_by_database": 1, "not_json": 1}));
    let rows = database.query("SELECT user_id FROM user_logins ORDER BY 1", &[]).unwrap();
    assert_eq!(rows.iter().map(|row| row.get(0)).collect::<Vec<&str>>(), ["anna", "clara"]);
    let bodies =
        database.query("SELECT body FROM login_drain_rejects WHERE reason = 'not_json'", &[]).unwrap();
    assert_eq!(bodies[0].get::<_, &str>(0), "text, 14 bytes");
    assert_eq!(left(&scene), 1);
}

#[test]
fn a_refused_row_that_is_delivered_twice_is_one_reject_and_stops_nobody() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    scene.database.run("ALTER TABLE user_logins ADD CONSTRAINT known_locale CHECK (locale <> 'XX')");
    scene.server().deliver_twice(scene.queue.name(), &login_with("boris", &[("locale", json!("XX"))]));
    let books = scene.drain().exits(3).books();
    assert_eq!((books["inserted"].as_u64(), books["rejected"].as_u64()), (Some(1), Some(2)));
    assert_eq!(scene.database.counts(), [1, 1, 1]);
}

#[test]
fn columns_of_a_domain_or_without_case_work_too() {
    let scene = Scene::new();
    scene.database.run(
        "CREATE DOMAIN person AS varchar(128) CHECK (value <> 'nobody');
         CREATE TABLE user_logins (user_id person, device_type text, masked_ip text, masked_device_id text,
            locale text, app_version smallint, create_date date)",
    );
    let small = "column user_logins.app_version holds numbers up to 32767, and a login may have larger ones";
    scene.program("init-db").exits(3).prints("are ready").complains(small).run();
    let large = login_with("clara", &[("app_version", json!("4.0000"))]);
    scene.queue.send(&[&login("anna"), &login("nobody"), &large]);
    let drain = scene.drain().flags("--format json").exits(3).complains(small).prints("").start();
    assert_eq!(drain.books()["rejects_by_reason"], json!({"refused_by_database": 2}));
    assert_eq!(scene.database.rows("SELECT user_id, app_version FROM user_logins"), ["anna|230"]);
}

#[test]
fn a_column_of_texts_holds_versions_as_they_were_sent_however_they_are_inserted() {
    let version = |user: &str, version: &str| login_with(user, &[("app_version", version.into())]);
    for (column, without_plpgsql) in [("text", false), ("varchar(32)", false), ("text", true)] {
        // Rights to a language are those of a whole database.
        let scene = Scene::on(Server::start(Options::default()), QUEUE, &[], Database::whole()).ready(&[]);
        scene.database.run(&format!("ALTER TABLE user_logins ALTER app_version TYPE {column}"));
        let (role, url) = scene.database.role();
        scene
            .database
            .run(&format!("GRANT ALL ON ALL TABLES IN SCHEMA {} TO {role}", scene.database.schema()));
        let rows = || scene.database.rows("SELECT user_id, app_version FROM user_logins ORDER BY user_id");
        scene.queue.send(&[&version("anna", "2.3.0"), &version("boris", "0.26"), &version("clara", "2.x")]);
        scene.drain().env("DATABASE_URL", &url).exits(3).may_say_anything().run();
        assert_eq!(rows(), ["anna|2.3.0", "boris|0.26"], "{column}");
        // One by one, once a row is refused.
        if without_plpgsql {
            scene.database.run(&format!("REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC, {role}"));
        }
        scene.database.run("ALTER TABLE user_logins ADD CHECK (app_version <> '9.9')");
        scene.queue.send(&[&version("dora", "9.9"), &version("emil", "2.00")]);
        scene.drain().env("DATABASE_URL", &url).exits(3).may_say_anything().run();
        assert_eq!(rows(), ["anna|2.3.0", "boris|0.26", "emil|2.00"], "{column}");
    }
}

#[test]
fn the_day_of_a_row_is_that_of_the_run_or_that_of_the_sending() {
    // The last second of the first of March in 2024, by UTC.
    let sent_at = 1_709_337_599_000;
    let run = |flags: &str| {
        let scene = Scene::scripted().ready(&[]);
        scene.server().deliver_dated(QUEUE, &login("anna"), sent_at, 1);
        scene.database.run("ALTER TABLE user_logins ADD CHECK (user_id <> 'boris')");
        scene.drain().flags(flags).prints("1 stored").run();
        // One by one, beside a row that is refused.
        scene.server().deliver_dated(QUEUE, &login("clara"), sent_at, 1);
        scene.queue.send(&[&login("boris")]);
        scene.drain().flags(flags).exits(3).may_say_anything().run();
        scene.database.rows(
            "SELECT user_id, create_date = '2024-03-01', create_date > '2024-03-01' FROM user_logins ORDER BY user_id",
        )
    };
    assert_eq!(run("--create-date sent"), ["anna|t|f", "clara|t|f"]);
    assert_eq!(run(""), ["anna|f|t", "clara|f|t"]);
}

#[test]
fn the_first_line_names_the_table_that_the_logins_go_to_with_its_schema() {
    let scene = Scene::new().ready(&[&login("anna")]);
    let (role, url) = scene.database.role();
    let (ours, other) = (scene.database.schema(), format!("{} \u{1b}[2J", scene.database.schema()));
    scene.database.run(&format!(
        "CREATE SCHEMA \"{other}\"; GRANT USAGE ON SCHEMA \"{other}\" TO {role};
         GRANT ALL ON ALL TABLES IN SCHEMA {ours} TO {role};
         ALTER ROLE {role} SET search_path = \"{other}\", {ours}"
    ));
    let first_line = |flags: &str| {
        let drain = scene.drain().env("DATABASE_URL", url.split('?').next().unwrap()).flags(flags);
        drain.prints("").run().stdout.lines().next().unwrap().to_owned()
    };
    assert_eq!(
        first_line("--dry-run"),
        format!(
            "dry run: 1 would be stored in {ours}.user_logins, 0 skipped as known, 0 rejected; all given back, \
             nothing changed"
        )
    );
    assert_eq!(
        first_line(""),
        format!("drained: 1 stored in {ours}.user_logins, queue empty, nothing in flight")
    );
    // Somebody makes the tables anew in a schema that comes first.
    for table in ["user_logins", "login_drain_ledger", "login_drain_rejects", "login_drain_runs"] {
        scene.database.run(&format!("ALTER TABLE {table} SET SCHEMA \"{other}\""));
    }
    scene.queue.send(&[&login("boris")]);
    let told =
        format!("drained: 1 stored in {ours} \\u{{1b}}[2J.user_logins, queue empty, nothing in flight");
    assert_eq!(first_line(""), told);
    assert_eq!(scene.database.count(&format!("\"{other}\".user_logins")), 2);
    scene.database.run(&format!("DROP SCHEMA \"{other}\" CASCADE"));
}
