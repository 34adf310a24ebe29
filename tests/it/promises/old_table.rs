//! The tests of tables that refuse good logins: none is deleted that is not stored, and all are once it is mended.

use serde_json::{Value, json};

use kit::{Scene, login_with};

/// The table of the system that this one replaces.
const OLD: &str = "CREATE TABLE user_logins (
    user_id varchar(128) PRIMARY KEY, device_type varchar(32) NOT NULL, masked_ip varchar(256) NOT NULL,
    masked_device_id varchar(256) NOT NULL, locale varchar(32) NOT NULL, app_version integer NOT NULL,
    create_date date NOT NULL)";
const MEND: &str = "ALTER TABLE user_logins DROP CONSTRAINT user_logins_pkey;
    ALTER TABLE user_logins ALTER user_id DROP NOT NULL, ALTER locale DROP NOT NULL";

/// A hundred logins of eighty users, a quarter of them without locale.
fn hundred() -> Vec<String> {
    let of = |number: usize| {
        let locale = if number.is_multiple_of(4) { Value::Null } else { json!("RU") };
        login_with(&format!("user {}", number % 80), &[("locale", locale)])
    };
    (0..100).map(of).collect()
}

/// Sends a hundred logins to a table made by `table`, drains, mends and drains again.
fn ends_with_hundred(table: &str, mend: &str, flags: &str) {
    let bodies = hundred();
    let scene = Scene::scripted();
    scene.database.run(table);
    scene.program("init-db").exits(3).complains("").prints("are ready").run();
    scene.queue.send(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
    for _ in 0..2 {
        scene.drain().flags(flags).may_say_anything().exits(3).books();
        let stored = scene.database.count("user_logins");
        let left = scene.server().remaining_bodies(scene.queue.name()).len();
        assert!(stored > 0 && stored + left == 100, "{stored} stored, {left} left, {flags}");
        assert_eq!(scene.database.count("login_drain_rejects"), left);
        let rejects = scene.database.rows("SELECT t::text FROM login_drain_rejects AS t").join("\n");
        assert!(!rejects.contains("user 1"), "nothing of a user is to be erased there: {rejects}");
        scene.server().expire_visibility(scene.queue.name());
    }
    scene.database.run(mend);
    let books = scene.drain().flags(flags).books();
    assert_eq!((books["rejected"].as_u64(), books["kept"].as_u64()), (Some(0), Some(0)), "{books}");
    assert_eq!(scene.database.counts(), [100, 100, 0], "{flags}");
    assert!(scene.queue.is_empty());
}

#[test]
fn the_table_of_the_system_before_ends_with_a_hundred_of_a_hundred_once_it_is_mended() {
    for flags in ["", "--rejects keep", "--batch-size 7 --receivers 1"] {
        ends_with_hundred(OLD, MEND, flags);
    }
}

#[test]
fn what_the_table_will_refuse_is_told_beforehand() {
    let scene = Scene::scripted();
    scene.database.run(OLD);
    let told =
        ["user_logins_pkey", "DROP CONSTRAINT", "column user_logins.locale is NOT NULL", "DROP NOT NULL"];
    let tell = |program: kit::Program| told.iter().fold(program, |program, words| program.complains(words));
    tell(scene.program("init-db")).exits(3).prints("are ready").run();
    scene.queue.send(&[&login_with("anna", &[])]);
    tell(scene.drain()).prints("1 stored").run();
    scene.drain().flags("--quiet").run();
    scene.queue.send(&[&login_with("anna", &[])]);
    tell(scene.drain().flags("--quiet")).exits(3).prints("1 refused").run();
}

#[test]
fn a_table_with_a_unique_index_a_foreign_key_or_a_narrow_column_ends_with_all_as_well() {
    let plain = "user_id varchar(128), device_type varchar(32), masked_ip varchar(256),
        masked_device_id varchar(256), locale varchar(32), app_version integer, create_date date";
    let unique = format!(
        "CREATE TABLE user_logins ({plain}); CREATE UNIQUE INDEX one ON user_logins (user_id, create_date)"
    );
    ends_with_hundred(&unique, "DROP INDEX one", "");
    let exclusion = format!("CREATE TABLE user_logins ({plain}, EXCLUDE USING hash (user_id WITH =))");
    ends_with_hundred(&exclusion, "ALTER TABLE user_logins DROP CONSTRAINT user_logins_user_id_excl", "");
    let narrow =
        format!("CREATE TABLE user_logins ({})", plain.replace("user_id varchar(128)", "user_id varchar(6)"));
    ends_with_hundred(&narrow, "ALTER TABLE user_logins ALTER user_id TYPE varchar(128)", "");
}

#[test]
fn a_parent_that_comes_later_takes_its_logins_in() {
    let bodies = hundred();
    let scene = Scene::scripted().ready(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
    scene.database.run(
        "CREATE TABLE users (id varchar(128) PRIMARY KEY);
         INSERT INTO users SELECT 'user ' || n FROM generate_series(0, 39) AS n;
         ALTER TABLE user_logins ADD CONSTRAINT known FOREIGN KEY (user_id) REFERENCES users",
    );
    let books = scene.drain().exits(3).books();
    assert_eq!((books["inserted"].as_u64(), books["refused"].as_u64()), (Some(60), Some(40)), "{books}");
    scene.database.run("INSERT INTO users SELECT 'user ' || n FROM generate_series(40, 79) AS n");
    scene.server().expire_visibility(scene.queue.name());
    scene.drain().books();
    assert_eq!(scene.database.counts(), [100, 100, 0]);
}
