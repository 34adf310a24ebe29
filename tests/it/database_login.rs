//! The tests of logins that come from AWS: a secret, a token for each connection.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::json;

use kit::{ClosedPort, Program, Scene, SecretsManager, acceptor, login};

/// A drain that is told nothing of its database but where the secret is.
fn drain_with_secret(scene: &Scene, text: &str) -> Program {
    let name = scene.queue.store_secret(text);
    scene
        .drain()
        .without("DATABASE_URL")
        .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", scene.queue.endpoint())
        .env("PGOPTIONS", &format!("-c search_path={}", scene.database.schema()))
        .env("LOGIN_DRAIN_DATABASE_SECRET", &name)
}

fn as_rds_writes_it(scene: &Scene) -> String {
    let place = scene.database.place("postgres");
    let mut words = place.split(' ').skip(1).step_by(2);
    let (host, port, name) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
    let (user, password) = (scene.database.user(), format!("{}unused", scene.database.password()));
    json!({"username": user, "password": password, "engine": "postgres", "host": host,
           "port": port.parse::<u16>().unwrap(), "dbname": name})
    .to_string()
}

#[test]
fn the_database_is_found_through_a_secret() {
    let scene = Scene::new().ready(&[&login("anna")]);
    assert_eq!(drain_with_secret(&scene, &scene.database.url()).books()["inserted"], 1);
    scene.queue.send(&[&login("boris")]);
    assert_eq!(drain_with_secret(&scene, &as_rds_writes_it(&scene)).books()["inserted"], 1);
}

/// A process that gives credentials away and writes a line for each time that it was asked.
fn counted_process(scene: &Scene) -> Program {
    let (asked, script) = (scene.path("asked"), scene.path("credentials"));
    let keys = r#"{"Version": 1, "AccessKeyId": "local", "SecretAccessKey": "local-secret-marker"}"#;
    let text = format!("#!/bin/sh\necho asked >> '{}'\necho '{keys}'\n", asked.display());
    scene.file("credentials", text.as_bytes(), 0o700);
    let profile = format!("[profile counted]\ncredential_process = {}\n", script.display());
    let config = scene.file("config", profile.as_bytes(), 0o600);
    scene
        .drain()
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY")
        .without("DATABASE_URL")
        .env("AWS_CONFIG_FILE", &config.display().to_string())
        .env("AWS_PROFILE", "counted")
        .env("PATH", "/usr/bin:/bin")
}

#[test]
fn a_drain_asks_once_for_its_secret_and_once_for_its_credentials() {
    let scene = Scene::new().ready(&[&login("anna")]);
    let secrets = SecretsManager::holding("logins", scene.database.url());
    let drain = counted_process(&scene)
        .flags("--exclusive --database-secret logins")
        .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.url());
    assert_eq!(drain.books()["inserted"], 1);
    assert_eq!(secrets.calls(), 1);
    assert_eq!(std::fs::read_to_string(scene.path("asked")).unwrap(), "asked\n");
}

#[test]
fn a_secret_that_is_missing_or_none_is_named_and_not_shown() {
    let scene = Scene::new().ready(&[]);
    drain_with_secret(&scene, "unused").env("LOGIN_DRAIN_DATABASE_SECRET", "nowhere").fails_with(
        1,
        "Secrets Manager refused `nowhere` (HTTP 400 ResourceNotFoundException): there is no such secret; \
         check --database-secret and the region",
    );
    let outcome =
        drain_with_secret(&scene, "hidden-marker").exits(1).complains("neither a connection URL").run();
    assert!(!outcome.stderr.contains("hidden-marker"));
    let nobody = ClosedPort::take();
    drain_with_secret(&scene, "unused")
        .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", &nobody.url())
        .exits(75)
        .complains(&format!("could not reach Secrets Manager at {}: ", nobody.url()))
        .run();
}

/// A server that asks for a password through TLS, hangs up, and gives away what it was told.
fn password_told_to(listener: &TcpListener) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    // The request for TLS, which is always of this length.
    stream.read_exact(&mut [0; 8]).unwrap();
    stream.write_all(b"S").unwrap();
    let mut stream = acceptor().accept(stream).unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut startup = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut startup).unwrap();
    stream.write_all(b"R\0\0\0\x08\0\0\0\x03").unwrap();
    let mut head = [0; 5];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(head[0], b'p');
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize - 4;
    let mut password = vec![0; length];
    stream.read_exact(&mut password).unwrap();
    String::from_utf8(password).unwrap().trim_end_matches('\0').to_owned()
}

#[test]
fn a_token_is_made_anew_for_each_connection_and_never_shown() {
    let scene = Scene::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("postgres://login_drain@127.0.0.1:{port}/logins?sslmode=require");
    let drain = scene.drain().env("DATABASE_URL", &url).flags("--database-auth rds-iam");
    let running = drain.exits(75).complains("could not connect to PostgreSQL").start();
    for _ in 0..2 {
        let token = password_told_to(&listener);
        let place = format!("127.0.0.1:{port}/?Action=connect&DBUser=login_drain&X-Amz-Algorithm=");
        assert!(token.starts_with(&place) && token.contains("&X-Amz-Signature="), "{token}");
    }
    drop(listener);
    assert!(!running.wait().stderr.contains("X-Amz"));
}

#[test]
fn a_token_is_not_sent_to_a_server_that_may_have_no_tls() {
    let scene = Scene::new();
    for mode in ["disable", "allow", "prefer"] {
        let url = format!("postgres://login_drain@127.0.0.1:9/logins?sslmode={mode}");
        let drain = scene.drain().env("DATABASE_URL", &url).flags("--database-auth rds-iam");
        drain.exits(1).complains("would send its token in clear text").run();
    }
}

#[test]
fn a_way_to_log_in_that_is_none_is_refused() {
    let scene = Scene::new();
    let drain = scene.drain().env("LOGIN_DRAIN_DATABASE_AUTH", "magic");
    drain.fails_with(1, "LOGIN_DRAIN_DATABASE_AUTH must be `password` or `rds-iam`");
}
