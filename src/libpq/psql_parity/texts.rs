//! The check of what users read when a connection fails, and that no secret is in it.

use super::super::Target;
use super::{World, ask_ours, resolve};
use crate::failure::FailureKind::{self, Permanent, Unreachable};

/// Each row: settings, the kind of failure, and words that must be in the text.
#[rustfmt::skip]
const TEXTS: &[(&str, FailureKind, &str)] = &[
    ("postgres://drain:hunter2@127.0.0.1:{port}/logins", Permanent, "refused the password (SQLSTATE 28P01)"),
    ("postgres://drain@127.0.0.1:{port}/logins", Permanent, "asks for a password and none is set"),
    ("postgres://drain:right@127.0.0.1:{port}/missing", Permanent, "no such database (SQLSTATE 3D000)"),
    (
        "postgres://tls_only:hunter2@127.0.0.1:{port}/logins?sslmode=disable",
        Permanent,
        "refused the login (SQLSTATE 28000",
    ),
    ("postgres://crowded:right@127.0.0.1:{port}/logins", Unreachable, "no free connection (SQLSTATE 53300)"),
    ("postgres://drain:hunter2@127.0.0.1:{closed}/logins", Unreachable, "nothing listens there"),
    ("postgres://drain:hunter2@nowhere.invalid/logins", Unreachable, "leads to no address"),
    (
        "host={files} port={port} user=drain password=hunter2",
        Unreachable,
        "no server socket in that directory",
    ),
    ("postgres://drain:right@127.0.0.1:{standby}/logins?sslmode=require", Permanent, "does not offer TLS"),
    (
        "postgres://drain:right@127.0.0.1:{port}/logins?sslmode=verify-full&sslrootcert={files}/root.crt",
        Permanent,
        "for another host name",
    ),
    (
        "postgres://drain:right@127.0.0.1:{port}/logins?sslmode=verify-ca&sslrootcert={files}/other.crt",
        Permanent,
        "not signed by an authority",
    ),
    (
        "postgres://drain:right@127.0.0.1:{port}/logins?sslmode=verify-ca",
        Permanent,
        "root.crt` does not exist; set sslrootcert",
    ),
    (
        "postgres://md5_user:right@127.0.0.1:{port}/logins?channel_binding=require",
        Permanent,
        "channel binding is required",
    ),
    (
        "postgres://drain:right@127.0.0.1:{standby}/logins?target_session_attrs=primary",
        Unreachable,
        "the server is not `primary`",
    ),
    (
        "postgres://certified@127.0.0.1:{port}/logins?sslcert={files}/client.crt&sslkey={files}/loose.key",
        Permanent,
        "chmod 0600",
    ),
    (
        "postgres://certified@127.0.0.1:{port}/logins?sslcert={files}/client.crt&sslkey={files}/other.key",
        Permanent,
        "does not fit the certificate",
    ),
    ("postgres://drain:right@127.0.0.1:{port}/logins?options=-cnonsense%3Don", Permanent, "SQLSTATE 42704"),
    (
        "postgres://drain:right@127.0.0.1:{starting}/logins",
        Unreachable,
        "starting up or shutting down (SQLSTATE 57P03)",
    ),
    ("postgres://drain:right@127.0.0.1:{closing}/logins", Unreachable, "the connection was cut"),
    ("postgres://drain:right@127.0.0.1:{web}/logins?sslmode=disable", Unreachable, "whether PostgreSQL listens there"),
    ("postgres://drain:right@127.0.0.1:{web}/logins?sslmode=prefer", Unreachable, "whether PostgreSQL listens there"),
    ("postgres://drain:right@127.0.0.1:{web}/logins?sslmode=require", Permanent, "does not offer TLS"),
    (
        "postgres://drain:right@127.0.0.1:{closed},127.0.0.1:{closed}/logins",
        Unreachable,
        "; and could not connect",
    ),
];

#[test]
fn a_failed_connection_says_what_to_do_and_no_secret() {
    let world = World::start();
    let environment = world.environment("");
    for (url, kind, part) in TEXTS {
        let url = world.fill(url);
        let failure = ask_ours(&url, &environment).expect_err(&url);
        assert_eq!(failure.kind, *kind, "{failure}");
        assert!(failure.text.contains(part), "{failure}");
        assert!(!failure.text.contains("hunter2") && !failure.text.contains('\n'), "{failure}");
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
            && target.with_passwords(|_, _, _| Ok("right".into())).unwrap().connect().is_ok()
    );
    let shown = world.fill("host 127.0.0.1 port {port} database logins user drain");
    assert_eq!((target.describe(), format!("{target:?}")), (shown.clone(), format!("Target({shown})")));
}
