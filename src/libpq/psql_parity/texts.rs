//! The check of what users read when a connection fails, and that no secret is in it.

use super::super::error::Error;
use super::super::target::Target;
use super::world::{World, ask_ours, resolve};
use When::{Always, Now};

/// Whether the error lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    Now,
}

/// Each row: settings, whether it lasts, and words that must be in the text.
#[rustfmt::skip]
const TEXTS: &[(&str, When, &str)] = &[
    ("postgres://drain:hunter2@127.0.0.1:{port}/logins", Always, "refused the password (SQLSTATE 28P01)"),
    ("postgres://drain@127.0.0.1:{port}/logins", Always, "asks for a password and none is set"),
    ("postgres://drain:right@127.0.0.1:{port}/missing", Always, "no such database (SQLSTATE 3D000)"),
    (
        "postgres://tls_only:hunter2@127.0.0.1:{port}/logins?sslmode=disable",
        Always,
        "refused the login (SQLSTATE 28000",
    ),
    ("postgres://crowded:right@127.0.0.1:{port}/logins", Now, "no free connection (SQLSTATE 53300)"),
    ("postgres://drain:hunter2@127.0.0.1:{closed}/logins", Now, "nothing listens there"),
    ("postgres://drain:hunter2@nowhere.invalid/logins", Now, "leads to no address"),
    (
        "host={files} port={port} user=drain password=hunter2",
        Now,
        "no server socket in that directory",
    ),
    ("postgres://drain:right@127.0.0.1:{standby}/logins?sslmode=require", Always, "does not offer TLS"),
    (
        "postgres://drain:right@127.0.0.1:{port}/logins?sslmode=verify-full&sslrootcert={files}/root.crt",
        Always,
        "for another host name",
    ),
    (
        "postgres://drain:right@127.0.0.1:{port}/logins?sslmode=verify-ca&sslrootcert={files}/other.crt",
        Always,
        "not signed by an authority",
    ),
    (
        "postgres://drain:right@127.0.0.1:{port}/logins?sslmode=verify-ca",
        Always,
        "root.crt` (sslrootcert or PGSSLROOTCERT) does not exist; set",
    ),
    (
        "postgres://md5_user:right@127.0.0.1:{port}/logins?channel_binding=require",
        Always,
        "channel binding is required",
    ),
    (
        "postgres://drain:right@127.0.0.1:{standby}/logins?target_session_attrs=primary",
        Now,
        "the server is not `primary`",
    ),
    (
        "postgres://certified@127.0.0.1:{port}/logins?sslcert={files}/client.crt&sslkey={files}/loose.key",
        Always,
        "chmod 0600",
    ),
    (
        "postgres://certified@127.0.0.1:{port}/logins?sslcert={files}/client.crt&sslkey={files}/other.key",
        Always,
        "does not fit the certificate",
    ),
    ("postgres://drain:right@127.0.0.1:{port}/logins?options=-cnonsense%3Don", Always, "SQLSTATE 42704"),
    (
        "postgres://drain:right@127.0.0.1:{starting}/logins",
        Now,
        "starting up or shutting down (SQLSTATE 57P03)",
    ),
    ("postgres://drain:right@127.0.0.1:{closing}/logins", Now, "the connection was cut"),
    ("postgres://drain:right@127.0.0.1:{web}/logins?sslmode=disable", Always, "is not PostgreSQL"),
    ("postgres://drain:right@127.0.0.1:{web}/logins?sslmode=prefer", Always, "is not PostgreSQL"),
    ("postgres://drain:right@127.0.0.1:{web}/logins?sslmode=require", Always, "does not offer TLS"),
    (
        "postgres://drain:right@127.0.0.1:{closed},127.0.0.1:{closed}/logins",
        Now,
        "; and could not connect",
    ),
];

#[test]
fn a_failed_connection_says_what_to_do_and_no_secret() {
    let world = World::start();
    let environment = world.environment("");
    for (url, when, part) in TEXTS {
        let url = world.fill(url);
        let error = ask_ours(&url, &environment).expect_err(&url);
        assert_eq!(error.lasting, *when == Always, "{error}");
        assert!(error.text.contains(part), "{error}");
        assert!(!error.text.contains("hunter2") && !error.text.contains('\n'), "{error}");
    }
    warnings_are_kept(&world);
    tokens_replace_passwords(&world);
}

fn warnings_are_kept(world: &World) {
    let url = world.fill("postgres://drain:right@127.0.0.1:{port}/logins?sslrootcert=/nonexistent");
    let target = resolve(&url, &world.environment("")).unwrap();
    assert!(target.warnings()[0].contains("is not checked"), "{:?}", target.warnings());
    let url = world.fill("postgres://drain@127.0.0.1:{port}/logins");
    let target = resolve(&url, &world.environment("HOME={homes}/loose")).unwrap();
    assert!(target.warnings()[0].contains("others can read it"), "{:?}", target.warnings());
}

fn tokens_replace_passwords(world: &World) {
    fn travels<T: Clone + Send>(_: &T) {}
    let url = world.fill("postgres://drain:hunter2@127.0.0.1:{port}/logins");
    let target: Target = resolve(&url, &world.environment("")).unwrap();
    travels(&target);
    assert!(
        target.connect().is_err()
            && target.with_passwords(|_, _, _| Ok::<_, Error>("right".into())).unwrap().connect().is_ok()
    );
    let shown = world.fill("host 127.0.0.1 port {port} database logins user drain");
    assert_eq!((target.describe(), format!("{target:?}")), (shown.clone(), format!("Target({shown})")));
}
