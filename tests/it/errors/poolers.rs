//! The exact line for what poolers and limits of connections don't do.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use kit::postgres_proxy::{Cut, Proxy, Trigger};
use kit::{Scene, login};

#[test]
fn a_pooler_that_gives_no_transactions_is_named_by_its_mode_and_not_waited_for() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    let pooler = Proxy::start(scene.database.host(), scene.database.port());
    pooler.on(Trigger::Sql("BEGIN"), Cut::BeforeForward, usize::MAX);
    let url = scene.database.url_through(pooler.port());
    let place = scene.database.place(&scene.database.user());
    let place = place.replace(&scene.database.port().to_string(), &pooler.port().to_string());
    for command in ["drain", "drain --dry-run", "init-db", "erase --user-id anna"] {
        scene.program(command).env("DATABASE_URL", &url).fails_with(
            1,
            &format!(
                "PostgreSQL at {place} ends the connection at every BEGIN, as PgBouncer does in statement mode: set \
                 its pool_mode to transaction or session, or connect to the server itself"
            ),
        );
    }
    assert_eq!(scene.queue.visible(), 1, "nothing was received");
}

#[test]
fn a_connection_that_ends_at_a_begin_now_and_then_is_only_a_connection_that_ended() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    let proxy = Proxy::start(scene.database.host(), scene.database.port());
    proxy.on(Trigger::Sql("BEGIN"), Cut::BeforeForward, 4);
    scene
        .drain()
        .env("DATABASE_URL", &scene.database.url_through(proxy.port()))
        .prints("drained: 1 stored")
        .run();
}

/// Answers every login with this, as PgBouncer answers what it does not take.
fn pooler_that_says(words: &'static str) -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    thread::spawn(move || {
        for connection in socket.incoming() {
            let mut connection = connection.unwrap();
            let mut length = [0; 4];
            connection.read_exact(&mut length).unwrap();
            let rest = u32::from_be_bytes(length) as usize - length.len();
            connection.read_exact(&mut vec![0; rest]).unwrap();
            let fields = format!("SFATAL\0C08P01\0M{words}\0\0");
            let size = u32::try_from(fields.len() + length.len()).unwrap().to_be_bytes();
            connection.write_all(&[b"E", &size[..], fields.as_bytes()].concat()).unwrap();
        }
    });
    port
}

/// `init-db` through a pooler that says this ends with 1 and tells this after the place.
fn refused(words: &'static str, options: &str, told: &str) {
    let port = pooler_that_says(words);
    let url = format!("postgres://me@127.0.0.1:{port}/logins?sslmode=disable{options}");
    let place = format!("host 127.0.0.1 port {port} database logins user me");
    Scene::scripted()
        .program("init-db")
        .env("DATABASE_URL", &url)
        .fails_with(1, &format!("could not connect to PostgreSQL at `{place}`: {told}"));
}

#[test]
fn a_setting_that_a_pooler_does_not_take_is_named_with_where_it_stands() {
    refused(
        "unsupported startup parameter: options",
        "&options=-c%20search_path%3Dx",
        "what stands before the server takes no such setting (SQLSTATE 08P01, unsupported startup parameter: options); \
         take it out of the database URL or PGOPTIONS, or name it in PgBouncer's ignore_startup_parameters",
    );
}

#[test]
fn a_database_that_a_pooler_does_not_know_is_a_wrong_setting() {
    refused(
        "no such database: logins",
        "",
        "the pooler before the server refused the login (SQLSTATE 08P01, no such database: logins); correct the \
         settings or the pooler's",
    );
}

#[test]
fn an_exclusive_run_says_so_where_only_one_connection_is_to_be_had() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    let (role, url) = scene.database.role();
    let schema = scene.database.schema();
    scene.database.run(&format!(
        "GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {role}; ALTER ROLE {role} CONNECTION LIMIT 1"
    ));
    let drain = || scene.drain().env("DATABASE_URL", &url);
    drain().flags("--exclusive").fails_with(
        1,
        "--exclusive needs two connections to PostgreSQL at once, and only one is to be had: raise the pooler's \
         pool_size, or CONNECTION LIMIT of the role or database, or leave it out",
    );
    assert_eq!(scene.queue.visible(), 1, "nothing was received");
    // The server notices in its own time that the runs before have ended.
    drain().patient_for(60).prints("drained: 1 stored").may_say_anything().run();
}
