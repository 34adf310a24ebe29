//! The stories of a primary whose commits wait for a standby that is down: a restart, a promotion, a return.

use kit::{Cluster, Program, QUEUE, Scene, login};

const SENT: usize = 30;

/// A pair of servers with the tables on both, and messages on the queue; then the standby loses its power.
fn without_its_standby() -> (Scene, Cluster, Cluster) {
    let (scene, primary) = (Scene::scripted(), Cluster::start());
    let standby = primary.standby();
    primary.run_each(&["ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"]);
    on(&scene, &primary, "init-db").prints("are ready on").run();
    let bodies: Vec<String> = (0..SENT).map(|number| login(&format!("user {number}"))).collect();
    scene.queue.send(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
    standby.stop();
    (scene, primary, standby)
}

fn on(scene: &Scene, server: &Cluster, command: &str) -> Program {
    scene.program(command).env("DATABASE_URL", &server.right_url())
}

/// A run whose commit the standby does not get, and the end of its messages' hiding.
fn drains_in_vain(scene: &Scene, primary: &Cluster) {
    on(scene, primary, "drain --wait-seconds 0 --database-timeout 3")
        .exits(75)
        .complains(" s while committing a batch; nothing is lost")
        .run();
    assert_eq!(scene.server().counts(QUEUE).deleted, 0);
    scene.server().expire_visibility(QUEUE);
}

fn users(server: &Cluster) -> i64 {
    assert_eq!(server.number("SELECT count(*) FROM user_logins"), SENT as i64);
    server.number("SELECT count(DISTINCT user_id) FROM user_logins")
}

#[test]
fn a_restart_of_the_primary_and_a_promotion_of_the_standby_lose_nothing_that_the_standby_never_got() {
    let (scene, primary, standby) = without_its_standby();
    drains_in_vain(&scene, &primary);
    primary.stop();
    primary.go_on();
    assert_eq!(users(&primary), SENT as i64, "the restart has made the commit visible");
    drains_in_vain(&scene, &primary);

    primary.stop();
    standby.go_on();
    standby.promote();
    let books = on(&scene, &standby, "drain --wait-seconds 0").books();
    assert_eq!((&books["inserted"], &books["deleted"]), (&SENT.into(), &SENT.into()));
    assert_eq!(users(&standby), SENT as i64);
}

#[test]
fn what_is_deleted_after_the_standby_has_come_back_is_on_the_standby() {
    let (scene, primary, standby) = without_its_standby();
    drains_in_vain(&scene, &primary);
    primary.stop();
    primary.go_on();
    standby.go_on();
    let books = on(&scene, &primary, "drain --wait-seconds 0").patient_for(60).books();
    assert_eq!((&books["duplicates"], &books["deleted"]), (&SENT.into(), &SENT.into()));

    primary.stop();
    standby.promote();
    assert_eq!(users(&standby), SENT as i64);
    let books = on(&scene, &standby, "drain --wait-seconds 0").books();
    assert_eq!(books["received"], 0);
}
