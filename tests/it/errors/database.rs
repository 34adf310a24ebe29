//! The exact line for each thing that goes wrong at PostgreSQL.

use std::net::ToSocketAddrs;

use kit::{ClosedPort, Cluster, Scene, login};

/// `PLACE` in a line stands for the server, database and user.
fn database_line(scene: &Scene, line: &str) -> String {
    line.replace("PLACE", &scene.database.place(&scene.database.user()))
}

#[test]
fn a_database_that_is_down() {
    let scene = Scene::new();
    let nobody = ClosedPort::take();
    let port = nobody.number();
    scene.drain().env("DATABASE_URL", &format!("postgres://me:hunter2@127.0.0.1:{port}/logins")).fails_with(
        75,
        &format!(
            "could not connect to PostgreSQL at `host 127.0.0.1 port {port} database logins user me`: \
             nothing listens there; start the server, or correct host and port"
        ),
    );
}

#[test]
fn a_wrong_password_and_a_server_that_is_stopped() {
    let scene = Scene::new();
    let cluster = Cluster::start();
    let place = format!("host 127.0.0.1 port {} database postgres user postgres", cluster.port);
    scene.drain().env("DATABASE_URL", &cluster.url("hunter2")).fails_with(
        1,
        &format!(
            "could not connect to PostgreSQL at `{place}`: the server refused the password (SQLSTATE 28P01); \
             correct it in PGPASSWORD, the password file or the database URL"
        ),
    );
    scene.drain().env("DATABASE_URL", &cluster.url("")).fails_with(
        1,
        &format!(
            "could not connect to PostgreSQL at `{place}`: the server asks for a password and none is set; \
             set PGPASSWORD, PGPASSFILE or the database URL"
        ),
    );
    scene
        .drain()
        .env("DATABASE_URL", &cluster.right_url())
        .fails_with(1, "table user_logins does not exist: run `login-drain init-db`");
    cluster.stop();
    scene.drain().env("DATABASE_URL", &cluster.right_url()).fails_with(
        75,
        &format!(
            "could not connect to PostgreSQL at `{place}`: nothing listens there; start the server, or \
             correct host and port"
        ),
    );
}

#[test]
fn no_such_database() {
    let scene = Scene::new();
    let place = scene.database.place(&scene.database.user());
    let name = place.split(' ').nth(5).unwrap();
    let line = database_line(
        &scene,
        "could not connect to PostgreSQL at `PLACE`: there is no such database (SQLSTATE 3D000); create it, \
         or name another in the database URL or PGDATABASE",
    );
    let line = line.replace(&format!("database {name}"), "database nowhere");
    let url = scene.database.url().replace(&format!("/{name}"), "/nowhere");
    scene.drain().env("DATABASE_URL", &url).fails_with(1, &line);
}

#[test]
fn a_server_without_tls() {
    let scene = Scene::new();
    let line = database_line(
        &scene,
        "could not connect to PostgreSQL at `PLACE`: the server does not offer TLS; turn on `ssl` there, \
         or set sslmode=prefer or disable",
    );
    scene.drain().env("PGSSLMODE", "require").fails_with(1, &line);
}

#[test]
fn tables_that_are_missing_or_do_not_fit_are_told_before_anything_is_received() {
    let scene = Scene::new();
    scene.queue.send(&[&login("anna")]);
    scene.drain().fails_with(1, "table user_logins does not exist: run `login-drain init-db`");
    scene.init_db();
    scene.database.run("ALTER TABLE user_logins DROP COLUMN locale");
    let schema = scene.database.schema();
    scene.drain().fails_with(
        1,
        &format!(
            "table user_logins has no column locale (to mend it: ALTER TABLE \"{schema}\".user_logins ADD COLUMN locale \
             varchar(32))"
        ),
    );
    scene.database.run("ALTER TABLE user_logins ADD locale varchar(32); DROP TABLE login_drain_ledger");
    scene.drain().fails_with(1, "table login_drain_ledger does not exist: run `login-drain init-db`");
    assert_eq!((scene.queue.visible(), scene.queue.in_flight()), (1, 0));
}

#[test]
fn a_ledger_that_may_not_be_read() {
    let scene = Scene::new().ready(&[&login("anna")]);
    let (role, url) = scene.database.role();
    scene
        .database
        .run(&format!("GRANT INSERT ON user_logins, login_drain_ledger, login_drain_rejects TO {role}"));
    scene
        .drain()
        .env("DATABASE_URL", &url)
        .exits(1)
        .complains("this user may not SELECT column login_drain_ledger.message_id (to mend it: GRANT SELECT (message_id)")
        .run();
    assert_eq!((scene.queue.visible(), scene.queue.in_flight()), (1, 0));
}

#[test]
fn a_server_that_is_read_only() {
    let scene = Scene::new().ready(&[&login("anna")]);
    let (role, url) = scene.database.role();
    scene.database.run(&format!(
        "GRANT ALL ON user_logins, login_drain_ledger, login_drain_rejects TO {role};
         ALTER ROLE {role} SET default_transaction_read_only = on"
    ));
    scene
        .drain()
        .env("DATABASE_URL", &url)
        .exits(75)
        .complains("(SQLSTATE 25006); the server is read-only: has it failed over?")
        .complains("(target_session_attrs=read-write finds the writable one); nothing is lost, the next run goes on\n")
        .run();
    assert_eq!((scene.queue.visible(), scene.queue.in_flight()), (1, 0));
}

#[test]
fn a_server_whose_disk_is_full() {
    let scene = Scene::new().ready(&[&login("anna")]);
    scene.database.run(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$;
         CREATE TRIGGER full_disk BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION full_disk()",
    );
    let line = "could not store a batch in PostgreSQL at PLACE (SQLSTATE 53100); its disk is full; \
                nothing is lost, the next run goes on\n";
    scene.drain().exits(75).complains(&database_line(&scene, line)).run();
    assert_eq!((scene.queue.visible(), scene.queue.in_flight()), (1, 0));
}

#[test]
fn a_host_name_that_leads_nowhere() {
    // A machine without a resolver says something else than one with.
    let cause = "no-such-host.invalid:5432".to_socket_addrs().unwrap_err();
    Scene::new().drain().env("DATABASE_URL", "postgres://me@no-such-host.invalid/logins").fails_with(
        75,
        &format!(
            "could not connect to PostgreSQL at `host no-such-host.invalid port 5432 database logins user me`: \
             the host name leads to no address ({cause}); check the name, or try again later"
        ),
    );
}

#[test]
fn a_statement_that_takes_longer_than_its_limit() {
    let scene = Scene::new().ready(&[&login("anna")]);
    scene.database.slow_down_inserts("30");
    let line = "could not store a batch in PostgreSQL at PLACE (SQLSTATE 57014); was it a statement timeout? A longer \
                --database-timeout or a smaller --batch-size helps; nothing is lost, the next run goes on\n";
    scene
        .drain()
        .patient_for(0)
        .flags("--database-timeout 3")
        .exits(75)
        .complains(&database_line(&scene, line))
        .run();
    assert_eq!((scene.queue.visible(), scene.queue.in_flight()), (1, 0));
}
