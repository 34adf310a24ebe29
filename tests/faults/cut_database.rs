//! The stories of a PostgreSQL that goes away and comes back: terminated backends, a failover to a read-only
//! server, errors that pass.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kit::postgres_proxy::{Cut, Trigger};
use kit::wait_until;

use crate::extent::long;
use crate::scene::Scene;
use crate::steps::{BEGIN, CLAIM, INSERT};

#[test]
fn backends_terminated_twice_a_second_cost_retries_and_nothing_else() {
    let scene = Scene::new();
    scene.send_logins(if long() { 20_000 } else { 2500 });
    scene.database.slow_down_inserts("0.02");
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(500));
                scene.database.cut_connections();
            }
        });
        let run = scene.run(&["--batch-size", "20"]);
        over.store(true, Ordering::Relaxed);
        let run = run.expect_exit(0).expect("inserted", scene.sent() as u64).expect("duplicates", 0);
        assert!(run.number("retries") > 0, "no connection was cut: {run:#?}");
    });
    scene.books().check_drained();
}

#[test]
fn a_connection_cut_at_each_statement_is_opened_again() {
    for sql in [BEGIN, CLAIM, INSERT] {
        for cut in [Cut::BeforeForward, Cut::AfterReply] {
            let scene = Scene::new();
            scene.send_logins(20);
            scene.proxy.on(Trigger::Sql(sql), cut, 2);
            scene.run(&[]).expect_exit(0).expect("inserted", 20).expect("duplicates", 0);
            scene.books().check_drained();
        }
    }
}

#[test]
fn a_server_that_refuses_connections_for_a_moment_is_waited_for() {
    let scene = Scene::new();
    scene.send_logins(20);
    scene.proxy.on(Trigger::Sql(INSERT), Cut::FreezeBefore(None), 1);
    let run = scene.start(&[]);
    wait_until("the insert", || scene.proxy.statistics().strikes == 1);
    scene.proxy.refuse_for(Duration::from_millis(1500));
    scene.proxy.cut_all();
    run.wait().expect_exit(0).expect("inserted", 20);
    scene.books().check_drained();
}

#[test]
fn a_server_that_stays_away_ends_the_run_with_75_and_gives_the_messages_back() {
    let scene = Scene::with_visibility("600");
    scene.send_logins(20);
    scene.proxy.on(Trigger::Sql(INSERT), Cut::FreezeBefore(None), 1);
    let run = scene.start(&[]);
    wait_until("the insert", || scene.proxy.statistics().strikes == 1);
    scene.proxy.refuse_for(Duration::from_secs(100));
    scene.proxy.cut_all();
    run.wait().expect_exit(75).expect_told("nothing listens there").expect("released", 20);
    assert_eq!(scene.server().counts(kit::QUEUE).visible, 20);
    scene.books().check();
}

/// Freezes a run in its transaction, makes the database read-only under it, and cuts the connection.
fn failed_over(scene: &Scene) -> kit::Running {
    scene.send_logins(20);
    scene.proxy.on(Trigger::Sql(INSERT), Cut::FreezeBefore(None), 1);
    let run = scene.start(&[]);
    wait_until("the insert", || scene.proxy.statistics().strikes == 1);
    scene.database.set_read_only(true);
    scene.proxy.cut_all();
    run
}

#[test]
fn a_failover_to_a_read_only_server_and_back_is_survived() {
    let scene = Scene::new();
    let run = failed_over(&scene);
    let refused = || {
        let statements = scene.proxy.statistics().statements;
        statements.iter().skip_while(|sql| !sql.contains(INSERT)).any(|sql| sql.starts_with("ROLLBACK"))
    };
    wait_until("a refusal", refused);
    scene.database.set_read_only(false);
    run.wait().expect_exit(0).expect("inserted", 20).expect("duplicates", 0);
    scene.books().check_drained();
}

#[test]
fn a_server_that_stays_read_only_ends_the_run_with_75_and_a_hint() {
    let scene = Scene::new();
    let run = failed_over(&scene);
    run.wait().expect_exit(75).expect_told("25006").expect_told("read-only");
    scene.database.set_read_only(false);
    scene.settle();
}

#[test]
fn a_server_that_ends_idle_sessions_soon_is_connected_to_again() {
    let scene = Scene::new();
    let name = scene.database.row("SELECT current_database()");
    scene.database.run(&format!("ALTER DATABASE {name} SET idle_session_timeout = '20ms'"));
    scene.send_logins(20);
    let run = scene.start(&["--wait-seconds", "1"]);
    wait_until("the first are stored", || scene.database.count("user_logins") == 20);
    // While the run waits for more, its session ends.
    wait_until("the session is over", || scene.proxy.is_idle());
    scene.send_logins(20);
    run.wait().expect_exit(0).expect("inserted", 40);
    scene.books().check_drained();
}

#[test]
fn serialization_failures_deadlocks_and_timeouts_of_the_server_are_tried_again() {
    // The last two are transaction_timeout and idle_session_timeout.
    for code in ["40001", "40P01", "55P03", "25P04", "57P05"] {
        let scene = Scene::new();
        scene.send_logins(30);
        scene.database.fail_inserts(code, 3);
        let run = scene.run(&[]).expect_exit(0).expect("inserted", 30).expect("rejected", 0);
        // From the second trouble on each row is tried by itself, and one that met the third is tried once more.
        assert_eq!(run.number("retries"), 2, "{run:#?}");
        scene.books().check_drained();
    }
}
