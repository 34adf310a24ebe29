//! The tests of settings that hold a secret where nobody looks for one. (That no run shows `hunter2` is checked in
//! every run of every test.)

use kit::{Program, Scene};

/// A run that must fail and show nothing.
fn fails(program: Program, what: &str) {
    let outcome = program.ends_somehow().run();
    assert!(matches!(outcome.code, Some(1 | 2 | 75)), "{what}: {outcome:?}");
    assert!(!outcome.stderr.trim().is_empty(), "{what}");
}

#[test]
fn no_form_of_a_database_setting_that_cannot_be_read_is_quoted() {
    let scene = Scene::scripted();
    for text in [
        "postgresql://h/d?password=a&hunter2=b",
        "postgresql://h/d?password=hunter2&sslmode=never",
        "postgresql://h/d;password=hunter2",
        "host=..;port=..;password=hunter2",
        "host=h password=my hunter2 word",
        "host=h password=hunter2 hunter2",
        "host=h+password=hunter2",
        "host=h%20password=hunter2",
        "password='hunter2",
        "jdbc:postgresql://h/d?user=u&password=hunter2",
        "postgresql://u:p@hunter2@h/d",
        "postgresql://u:hun/hunter2@h:x/d",
        "postgresql://u:%zzhunter2@h/d",
        "postgresql://u:hunter2@h:99999/d",
        "postgresql://u:hunter2@[::1/d",
        "Server=h;User Id=u;Password=hunter2;",
        "{\"password\": \"hunter2\"}",
        "hunter2",
    ] {
        fails(scene.drain().env("DATABASE_URL", text), text);
        fails(scene.program("init-db").env("DATABASE_URL", text), text);
        fails(
            scene
                .drain()
                .without("DATABASE_URL")
                .flags(&format!("--database-url={}", text.replace(' ', "+"))),
            text,
        );
        let file = scene.file("url", text.as_bytes(), 0o600).display().to_string();
        fails(scene.drain().without("DATABASE_URL").env("DATABASE_URL_FILE", &file), text);
    }
}

#[test]
fn no_secret_of_another_setting_is_quoted() {
    let scene = Scene::scripted().ready(&[]);
    for (variable, value) in [
        ("AWS_ENDPOINT_URL_SQS", "https://me:hunter2@127.0.0.1:9"),
        ("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9/?token=hunter2"),
        ("AWS_ENDPOINT_URL_SQS", "me:hunter2@127.0.0.1"),
        ("LOGIN_DRAIN_QUEUE_URL", "https://me:hunter2@sqs.eu-west-1.amazonaws.com/1/q"),
        ("LOGIN_DRAIN_QUEUE_URL", "https://127.0.0.1:9/1/q?X-Amz-Signature=hunter2"),
        ("LOGIN_DRAIN_QUEUE_URL", "me:hunter2@sqs"),
        ("HTTP_PROXY", "http://me:hunter2@127.0.0.1:9"),
        ("HTTP_PROXY", "socks9://me:hunter2@proxy"),
        ("HTTP_PROXY", "me:hunter2@:x"),
        ("PGSSLMODE", "hunter2"),
        ("PGPORT", "hunter2"),
        ("PGTARGETSESSIONATTRS", "hunter2"),
        ("PGPASSFILE", "hunter2:5432:*:*"),
    ] {
        let drain = scene.drain().env("NO_PROXY", "").env(variable, value);
        let drain = match variable {
            _ if variable.starts_with("PG") => drain.env("DATABASE_URL", "postgres://127.0.0.1:9/d"),
            // What is on this machine is called without a proxy.
            "HTTP_PROXY" => drain.env("AWS_ENDPOINT_URL_SQS", "http://192.0.2.1:9"),
            _ => drain,
        };
        fails(drain, &format!("{variable}={value}"));
    }
    for url in
        ["https://me:hunter2@127.0.0.1:9/1/dead", "http://127.0.0.1:9/1/dead?x=hunter2", "me:hunter2@dead"]
    {
        fails(scene.drain().flags("--rejects dead-letter --dead-letter-queue-url").flags(url), url);
    }
}

#[test]
fn a_profile_file_that_cannot_be_read_is_not_quoted() {
    let scene = Scene::scripted();
    for text in [
        "[default]\naws_secret_access_key hunter2\n",
        "[default\naws_secret_access_key = hunter2\n",
        "hunter2\n",
        "[default]\ncredential_process = printf hunter2\n",
        "[default]\ncredential_process = sh -c 'echo hunter2 >&2; exit 1'\n",
        "[default]\nrole_arn = hunter2\nsource_profile = gone\n",
        "[default]\naws_access_key_id = hunter2\n",
    ] {
        let file = scene.file("credentials", text.as_bytes(), 0o600).display().to_string();
        let drain = scene.drain().without("AWS_ACCESS_KEY_ID").without("AWS_SECRET_ACCESS_KEY");
        let drain = drain.env("PATH", "/usr/bin:/bin").env("AWS_CONFIG_FILE", &file);
        fails(drain.env("AWS_SHARED_CREDENTIALS_FILE", &file), text);
    }
}

#[test]
fn a_token_or_a_secret_is_not_sent_in_clear_text() {
    let scene = Scene::scripted().ready(&[]);
    let url = "postgres://login_drain@127.0.0.1:9/logins";
    let drain = || scene.drain().flags("--database-auth rds-iam").exits(1);
    drain().env("DATABASE_URL", url).complains("in clear text").run();
    for mode in ["disable", "allow", "prefer"] {
        drain().env("DATABASE_URL", url).env("PGSSLMODE", mode).complains("in clear text").run();
    }
    for endpoint in ["http://192.0.2.1:4566", "http://secrets.example"] {
        let drain = scene.drain().without("DATABASE_URL").env("LOGIN_DRAIN_DATABASE_SECRET", "login");
        drain.env("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint).exits(1).complains("in clear text").run();
    }
}
