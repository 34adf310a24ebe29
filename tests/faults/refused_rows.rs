//! The stories of tables that are not as they should be: the guilty login stays on the queue and the others land, and
//! once the table is mended the next run stores it.

use std::thread::sleep;
use std::time::Duration;

use kit::postgres_proxy::{Cut, Trigger};
use kit::{Action, QUEUE, wait_until};

use crate::scene::Scene;
use crate::steps::{COMMIT, ONE_BY_ONE};

/// A scene in which PostgreSQL refuses one row of many, by the rule that `sql` makes of its user_id, until `mending`.
fn one_guilty_row(sql: impl Fn(&str) -> String, mending: &str) {
    let scene = Scene::new();
    scene.send_logins(150);
    let (guilty, body) = scene.login();
    scene.send(&body, Some(guilty.clone()));
    scene.send_logins(149);
    scene.database.run(&sql(&guilty));
    for known in [0, 299] {
        let run = scene.run(&["--rejects", "delete"]).expect_exit(3).expect("inserted", 299 - known);
        run.expect("refused", 1).expect("kept", 1).expect("deleted", 299 - known);
        let recorded = scene.database.data();
        assert!(recorded.contains("refused_by_database") && !recorded.contains(&guilty), "{recorded}");
        scene.server().expire_visibility(QUEUE);
    }
    scene.books().check();
    scene.database.run(mending);
    scene.run(&[]).expect_exit(0).expect("inserted", 1).expect("deleted", 1);
    scene.books().check_drained();
    assert_eq!(
        scene.database.count("login_drain_rejects"),
        0,
        "what is stored at last is no reject any more"
    );
    scene.expect_no_personal_values_stored();
}

#[test]
fn a_row_that_a_check_refuses_is_rejected_alone() {
    one_guilty_row(
        |user| format!("ALTER TABLE user_logins ADD CONSTRAINT odd CHECK (user_id <> '{user}')"),
        "ALTER TABLE user_logins DROP CONSTRAINT odd",
    );
}

#[test]
fn a_row_that_a_trigger_refuses_is_rejected_alone() {
    one_guilty_row(
        |user| {
            format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                 BEGIN
                     IF NEW.user_id = '{user}' THEN RAISE EXCEPTION 'no % from 203.113.7.9', NEW.user_id; END IF;
                     RETURN NEW;
                 END $$;
             CREATE TRIGGER refuse BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
        },
        "DROP TRIGGER refuse ON user_logins",
    );
}

#[test]
fn a_row_that_is_refused_at_commit_is_rejected_alone() {
    one_guilty_row(
        |user| {
            format!(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                 BEGIN
                     IF NEW.user_id = '{user}' THEN
                         RAISE EXCEPTION 'too late' USING ERRCODE = 'check_violation';
                     END IF;
                     RETURN NULL;
                 END $$;
             CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON user_logins
                 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
        },
        "DROP TRIGGER refuse ON user_logins",
    );
}

#[test]
fn a_row_that_another_row_makes_impossible_is_rejected_alone() {
    let scene = Scene::new();
    scene.database.run("CREATE UNIQUE INDEX one_login ON user_logins (user_id)");
    scene.send_logins(50);
    let (user, body) = scene.login();
    scene.send(&body, Some(user));
    scene.send(&body, None);
    scene.run(&["--receivers", "1"]).expect_exit(3).expect("inserted", 51).expect("refused", 1);
    assert_eq!(scene.database.count("login_drain_rejects"), 1);
    assert_eq!(scene.server().counts(QUEUE).deleted, 51);
}

#[test]
fn a_row_too_wide_for_a_narrower_column_stays_until_the_column_is_wider() {
    let scene = Scene::new();
    scene.database.run("ALTER TABLE user_logins ALTER device_type TYPE varchar(7)");
    scene.send_logins(50);
    let (user, body) = scene.login();
    scene.send(&body.replace("android", "windows phone"), Some(user));
    scene.run(&[]).expect_exit(3).expect("inserted", 50).expect("refused", 1);
    scene.database.run("ALTER TABLE user_logins ALTER device_type TYPE varchar(32)");
    scene.server().expire_visibility(QUEUE);
    scene.run(&[]).expect_exit(0).expect("inserted", 1);
    scene.books().check_drained();
}

#[test]
fn a_table_that_refuses_every_row_ends_the_run_with_nothing_deleted() {
    let scene = Scene::with_visibility("600");
    scene.send_logins(100);
    scene.database.run("ALTER TABLE user_logins ADD CONSTRAINT closed CHECK (user_id IS NULL)");
    scene.run(&[]).expect_exit(1).expect_told("refused all 100 logins").expect_told("constraint closed");
    assert_eq!(scene.server().counts(QUEUE).deleted, 0);
    scene.database.run("ALTER TABLE user_logins DROP CONSTRAINT closed");
    scene.settle().expect("inserted", 100);
}

#[test]
fn a_table_that_lacks_a_column_ends_the_run_before_anything_is_received() {
    for change in ["DROP COLUMN locale", "RENAME TO logins", "ALTER app_version TYPE date USING NULL"] {
        let scene = Scene::new();
        scene.send_logins(20);
        scene.database.run(&format!("ALTER TABLE user_logins {change}"));
        let run = scene.run(&[]).expect_exit(1).expect_told("user_logins");
        assert_eq!(scene.server().calls().count(Action::ReceiveMessage), 0, "{run:#?}");
    }
}

#[test]
fn a_column_that_goes_away_during_the_run_ends_it_with_nothing_lost() {
    let scene = Scene::with_visibility("600");
    scene.send_logins(300);
    scene.database.slow_down_inserts("0.2");
    let run = scene.start(&["--batch-size", "20"]);
    kit::wait_until("the first batch", || scene.database.count("user_logins") > 0);
    scene.database.run("ALTER TABLE user_logins DROP COLUMN locale");
    run.wait().expect_exit(1).expect_told("42703");
    assert_eq!(scene.server().counts(QUEUE).in_flight, 0);
    scene
        .database
        .run("ALTER TABLE user_logins ADD COLUMN locale varchar(32); DROP TRIGGER slow ON user_logins");
    scene.settle();
}

#[test]
fn a_connection_cut_while_the_guilty_row_is_searched_for_is_opened_again() {
    for cut in [Cut::BeforeForward, Cut::AfterReply] {
        let scene = Scene::new();
        scene.send_logins(30);
        let (guilty, body) = scene.login();
        scene.send(&body, Some(guilty.clone()));
        scene
            .database
            .run(&format!("ALTER TABLE user_logins ADD CONSTRAINT odd CHECK (user_id <> '{guilty}')"));
        scene.proxy.on(Trigger::Sql(ONE_BY_ONE), cut, 2);
        let run = scene.run(&["--receivers", "1"]).expect_exit(3).expect("inserted", 30).expect("refused", 1);
        assert_eq!(scene.proxy.statistics().strikes, 2, "{run:#?}");
        scene.books().check();
    }
}

/// Refused by a first run, and tried again by a second, whose COMMITs meet the cut until the logins have come again.
fn given_back_after_a_second_try(cut: Cut) {
    let scene = Scene::with_visibility("2");
    scene.send_logins(50);
    scene.database.run("ALTER TABLE user_logins ADD CONSTRAINT odd CHECK (user_id !~ '[0-7]$')");
    let first = scene.run(&[]).expect_exit(3);
    assert!(first.number("refused") >= 10, "{first:#?}");
    scene.database.run("ALTER TABLE user_logins DROP CONSTRAINT odd");
    scene.server().expire_visibility(QUEUE);
    // The first COMMIT finds them recorded.
    scene.proxy.on_nth_and_later(Trigger::Sql(COMMIT), cut, 2);
    let run = scene.start(&["--wait-seconds", "4"]);
    wait_until("the second try", || scene.proxy.statistics().strikes > 0);
    sleep(Duration::from_secs(3));
    scene.proxy.clear();
    // 3: a message that came out of hiding by itself could not be given back.
    run.wait().expect_exit_among(&[0, 3]);
    scene.settle();
}

#[test]
fn a_login_that_was_given_back_after_its_second_try_was_lost_is_not_taken_for_stored() {
    given_back_after_a_second_try(Cut::BeforeForward);
}

#[test]
fn a_login_whose_second_try_was_stored_and_not_answered_is_stored_once_and_no_reject_any_more() {
    given_back_after_a_second_try(Cut::AfterReply);
}

#[test]
fn a_login_whose_commit_was_lost_and_that_another_run_recorded_as_refused_is_not_taken_for_stored() {
    let scene = Scene::with_visibility("2");
    scene.send_logins(50);
    scene.proxy.on(Trigger::Sql(COMMIT), Cut::BeforeForward, usize::MAX);
    let run = scene.start(&["--wait-seconds", "4"]);
    wait_until("the first try", || scene.proxy.statistics().strikes > 0);
    scene.database.run("ALTER TABLE user_logins ADD CONSTRAINT odd CHECK (user_id !~ '[0-7]$')");
    let other = || scene.program("drain").env("DATABASE_URL", &scene.database.url()).ends_somehow().run();
    wait_until("that another run records them", || {
        other();
        scene.database.count("login_drain_rejects") > 0
    });
    scene.proxy.clear();
    // 1: where the other run has stored all that the table takes, each login that is left is refused alike.
    run.wait().expect_exit_among(&[0, 1, 3]);
    scene.books().check();
    scene.database.run("ALTER TABLE user_logins DROP CONSTRAINT odd");
    scene.settle();
}
