//! The tests of the central promise: whatever is delivered again, and whatever dies when, one message is one
//! row.

use std::time::Duration;

use serde_json::json;

use kit::{Action, Cluster, Fault, Program, Scene, Stage, When, login, wait_until};

#[test]
fn a_message_that_is_delivered_twice_is_one_row() {
    let scene = Scene::scripted().ready(&[]);
    scene.server().deliver_twice(scene.queue.name(), &login("anna"));
    let books = scene.drain().books();
    assert_eq!((books["inserted"].as_u64(), books["duplicates"].as_u64()), (Some(1), Some(1)));
    assert_eq!(books["deleted"], 2);
    assert_eq!(scene.database.counts(), [1, 1, 0]);
    assert!(scene.queue.is_empty());
}

#[test]
fn a_message_that_comes_twice_in_one_receive_is_one_row() {
    let scene = Scene::scripted().ready(&[&login("anna"), &login("boris")]);
    scene.server().fault(Fault::DuplicateNow, When::Nth(Action::ReceiveMessage, 1));
    let books = scene.drain().books();
    assert_eq!((books["inserted"].as_u64(), books["duplicates"].as_u64()), (Some(2), Some(2)));
    assert_eq!(scene.database.counts(), [2, 2, 0]);
}

#[test]
fn a_message_that_somebody_else_received_before_is_stored_when_it_comes_back() {
    let scene = Scene::new().ready(&[&login("anna")]);
    let elsewhere = scene.queue.receive(1000);
    assert_eq!(scene.drain().books()["received"], 0);
    scene.queue.give_back(&elsewhere[0]);
    assert_eq!(scene.drain().books()["inserted"], 1);
    assert!(scene.queue.is_empty());
}

#[test]
fn a_message_that_could_not_be_deleted_comes_back_and_is_known() {
    let scene = Scene::scripted().ready(&[&login("anna"), &login("boris")]);
    let refused = Fault::FailEntries { positions: vec![1], sender_fault: true };
    scene.server().fault(refused, When::Always(Action::DeleteMessageBatch));
    let books = scene.drain().exits(3).books();
    assert_eq!((books["deleted"].as_u64(), books["delete_failures"].as_u64()), (Some(1), Some(1)));

    scene.server().clear_faults();
    scene.server().expire_visibility(scene.queue.name());
    let books = scene.drain().books();
    assert_eq!((books["inserted"].as_u64(), books["duplicates"].as_u64()), (Some(0), Some(1)));
    assert_eq!(scene.database.counts(), [2, 2, 0]);
    assert!(scene.queue.is_empty());
}

#[test]
fn killing_the_program_between_commit_and_delete_changes_no_row() {
    let scene = Scene::scripted().ready(&[]);
    let bodies: Vec<String> = (0..30).map(|number| login(&number.to_string())).collect();
    scene.queue.send(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
    let mute = Fault::Mute(Stage::Before, Duration::from_secs(60));
    scene.server().fault(mute, When::Always(Action::DeleteMessageBatch));

    let running = scene.drain().may_say_anything().start();
    wait_until("all rows are committed", || scene.database.count("user_logins") == 30);
    running.kill();
    assert_eq!(scene.server().counts(scene.queue.name()).deleted, 0);
    let before = scene.database.rows("SELECT xmin, * FROM user_logins ORDER BY user_id");

    scene.server().clear_faults();
    scene.server().expire_visibility(scene.queue.name());
    let books = scene.drain().books();
    assert_eq!((books["inserted"].as_u64(), books["duplicates"].as_u64()), (Some(0), Some(30)));
    assert_eq!(scene.database.rows("SELECT xmin, * FROM user_logins ORDER BY user_id"), before);
    assert!(scene.queue.is_empty());
}

#[test]
fn four_drainers_on_one_queue_store_each_message_once() {
    let scene = Scene::new().ready(&[]);
    let bodies: Vec<String> = (0..300).map(|number| login(&number.to_string())).collect();
    scene.queue.send(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
    let drain = || scene.drain().flags("--batch-size 20 --format json").may_say_anything().start();
    let running: Vec<_> = (0..4).map(|_| drain()).collect();
    let inserted: u64 = running.into_iter().map(|run| run.books()["inserted"].as_u64().unwrap()).sum();
    assert_eq!(inserted, 300);
    assert_eq!(scene.database.rows("SELECT count(DISTINCT user_id), count(*) FROM user_logins"), ["300|300"]);
    assert!(scene.queue.is_empty());
}

/// With an error that is deferred to COMMIT, where a careless client would see none.
fn refusing_at_commit(table: &str) -> Scene {
    let scene = Scene::new().ready(&[&login("anna")]);
    scene.database.run(&format!(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION USING ERRCODE = '42P17'; END $$;
         CREATE CONSTRAINT TRIGGER late AFTER INSERT ON {table}
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()"
    ));
    scene
}

#[test]
fn a_commit_whose_transaction_is_broken_deletes_nothing() {
    let scene = refusing_at_commit("login_drain_ledger");
    let drain: Program = scene.drain();
    drain.exits(1).complains("could not store a batch in PostgreSQL").complains("SQLSTATE 42P17").run();
    assert_eq!(scene.database.counts(), [0, 0, 0]);
    assert_eq!(scene.queue.visible(), 1, "given back at once");
}

#[test]
fn a_login_that_is_refused_only_at_commit_stays() {
    let scene = refusing_at_commit("user_logins");
    let drain: Program = scene.drain();
    assert_eq!(drain.exits(3).books()["rejects_by_reason"], json!({"refused_by_database": 1}));
    assert_eq!(scene.database.counts(), [0, 0, 1]);
    assert_eq!(scene.queue.visible() + scene.queue.in_flight(), 1, "refused, and left where it is");
}

#[test]
fn nothing_is_deleted_on_the_strength_of_a_commit_that_no_synchronous_standby_has() {
    let (scene, cluster) = (Scene::scripted(), Cluster::start());
    let program = |command: &str| scene.program(command).env("DATABASE_URL", &cluster.right_url());
    program("init-db").prints("are ready").run();
    scene.queue.send(&[&login("anna"), &login("boris")]);
    let reload = "SELECT pg_reload_conf()";
    // A role that wants to hear of errors alone hears of this all the same.
    let errors_alone = "ALTER ROLE ALL SET client_min_messages = error";
    cluster.run_each(&["ALTER SYSTEM SET synchronous_standby_names = 'nobody'", errors_alone, reload]);
    let give_up = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    let waits = " s while committing a batch; nothing is lost, the next run goes on";
    let cancelled =
        "the server gave up waiting for its synchronous standby; nothing is lost, the next run goes on";
    // Later runs find both logins in the ledger, where no standby has them either.
    for (timeout, complaint) in [("3", waits), ("3", waits), ("30", cancelled)] {
        let drain = program("drain --wait-seconds 0 --database-timeout").flags(timeout);
        let mut running = drain.exits(75).complains(complaint).start();
        while timeout == "30" && running.is_running() {
            cluster.run_each(&[give_up]);
        }
        drop(running.wait());
        // The session of a run that ended waits on.
        cluster.run_each(&[give_up]);
        wait_until("the rows are there", || cluster.number("SELECT count(*) FROM user_logins") == 2);
        assert_eq!(scene.server().counts(scene.queue.name()).deleted, 0);
        scene.server().expire_visibility(scene.queue.name());
    }
    cluster.run_each(&["ALTER SYSTEM RESET synchronous_standby_names", reload]);
    let books = program("drain --wait-seconds 0").books();
    assert_eq!((books["duplicates"].as_u64(), books["deleted"].as_u64()), (Some(2), Some(2)));
}
