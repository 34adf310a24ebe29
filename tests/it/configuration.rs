//! The tests of settings: which source wins, and what a wrong one is answered with.

use kit::{Program, Scene, login};

#[test]
fn a_flag_wins_over_the_environment() {
    let scene = Scene::new().ready(&[&login("anna")]);
    let drain = scene
        .drain()
        .env("LOGIN_DRAIN_QUEUE_URL", "http://127.0.0.1:9/1/wrong")
        .env("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9")
        .env("DATABASE_URL", "postgres://127.0.0.1:9/wrong")
        .flags("--queue-url")
        .flags(scene.queue.url())
        .flags("--endpoint-url")
        .flags(scene.queue.endpoint())
        .flags("--database-url")
        .flags(&scene.database.url());
    assert_eq!(drain.books()["inserted"], 1);
}

#[test]
fn the_database_may_be_named_by_a_file_or_as_psql_names_it() {
    let scene = Scene::new().ready(&[&login("anna")]);
    let file = scene.file("url", format!("{}\n", scene.database.url()).as_bytes(), 0o600);
    let by_file = scene.drain().without("DATABASE_URL").env("DATABASE_URL_FILE", &file.display().to_string());
    assert_eq!(by_file.books()["inserted"], 1);

    // As Docker and Kubernetes mount it: nobody else is there to read it.
    let mounted = scene.file("mounted", scene.database.url().as_bytes(), 0o644).display().to_string();
    let quiet = scene.drain().without("DATABASE_URL").env("DATABASE_URL_FILE", &mounted).flags("--quiet");
    quiet.prints("").run();

    scene.queue.send(&[&login("boris")]);
    let place = scene.database.place(&scene.database.user());
    let words: Vec<&str> = place.split(' ').collect();
    let by_variables = scene
        .drain()
        .without("DATABASE_URL")
        .env("PGHOST", words[1])
        .env("PGPORT", words[3])
        .env("PGDATABASE", words[5])
        .env("PGUSER", words[7])
        .env("PGPASSWORD", &scene.database.password())
        .env("PGOPTIONS", &format!("-c search_path={}", scene.database.schema()));
    assert_eq!(by_variables.books()["inserted"], 1);
}

#[test]
fn the_region_is_taken_from_the_profile_but_never_guessed() {
    let scene = Scene::new().ready(&[&login("anna")]);
    let file = scene.file("config", b"[profile work]\nregion = eu-central-1\n", 0o600).display().to_string();
    let drain = scene.drain().without("AWS_REGION").env("AWS_CONFIG_FILE", &file).env("AWS_PROFILE", "work");
    assert_eq!(drain.books()["inserted"], 1);
    scene.drain().without("AWS_REGION").fails_with(
        1,
        "could not tell the AWS region: neither the queue URL nor a profile names one; \
         pass --region or set AWS_REGION",
    );
}

/// The whole answer to one wrong setting, before any server is asked.
fn refused(variable: &str, value: &str, line: &str) {
    settings().env(variable, value).fails_with(1, line);
}

fn settings() -> Program {
    Program::new("drain")
        .env("LOGIN_DRAIN_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/123456789012/login-queue")
        .env("DATABASE_URL", "postgres://127.0.0.1:9/none")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local-secret-marker")
}

#[test]
fn a_wrong_setting_is_answered_with_the_line_that_says_what_to_set() {
    refused(
        "LOGIN_DRAIN_REGION",
        "us-east-1",
        "could not settle on a region: --region says `us-east-1` but the queue URL says `eu-west-1`; \
         make them agree or leave out --region",
    );
    refused(
        "AWS_ENDPOINT_URL_SQS",
        "not a url",
        "could not use the endpoint URL `not a url`: it is not a URL such as https://sqs.us-east-1.amazonaws.com",
    );
    refused(
        "AWS_ENDPOINT_URL_SQS",
        "ftp://x",
        "could not use the endpoint URL `ftp://x`: it must begin with http:// or https://",
    );
    refused(
        "AWS_ENDPOINT_URL_SQS",
        "https://me:hunter2@sqs.example",
        "could not use the endpoint URL: it must not carry a user name or password; take them out",
    );
    refused(
        "LOGIN_DRAIN_QUEUE_URL",
        "https://sqs.eu-west-1.amazonaws.com/",
        "could not use the queue URL `https://sqs.eu-west-1.amazonaws.com`: it names no queue; \
         expected a URL like https://sqs.us-east-1.amazonaws.com/123456789012/login-queue",
    );
    refused(
        "DATABASE_URL_FILE",
        "/tmp/url",
        "both DATABASE_URL and DATABASE_URL_FILE are set: unset one of them",
    );
}

#[test]
fn an_unusable_proxy_is_named_by_its_variable() {
    let peek = Program::new("peek")
        .env("AWS_REGION", "eu-west-1")
        .env("HTTPS_PROXY", "socks5://me:hunter2@proxy:1080");
    peek.fails_with(
        1,
        "could not use the proxy in `HTTPS_PROXY`: expected a URL like http://proxy.example:3128",
    );
}

#[test]
fn a_database_setting_that_cannot_be_read_is_refused_without_its_password() {
    for (url, part) in [
        ("postgres://me:hunter2@db:port/logins", "port"),
        ("postgres://me:hunter2@@db/logins", "there are two `@`"),
        ("postgres://me:hun/ter2@db/logins", "%2F"),
        ("host=db pasword=hunter2", "a key that libpq does not know"),
        ("host=db password=hunter2 sslmode=sometimes", "sslmode"),
        (
            "postgres://me:hunter2@db/logins?requirepeer=postgres",
            "requirepeer or PGREQUIREPEER is not supported",
        ),
        ("postgres://db/logins?password=a&hunter2=b", "a key that libpq does not know"),
        ("host=db;port=5432;password=hunter2", "runs on into further settings"),
        ("password=my hunter2 host=db", "without `=`"),
    ] {
        let outcome = settings().env("DATABASE_URL", url).exits(1).complains(part).run();
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.lines().count()), ("", 1), "{}", outcome.stderr);
        assert!(!outcome.stderr.contains("ter2"), "{}", outcome.stderr);
    }
}

#[test]
fn a_file_of_settings_that_is_missing_is_named() {
    settings().without("DATABASE_URL").env("DATABASE_URL_FILE", "/nowhere/url").fails_with(
        1,
        "could not read `/nowhere/url`, named by DATABASE_URL_FILE: No such file or directory (os error 2)",
    );
    settings().env("MASK_KEY_FILE", "/nowhere/key").fails_with(
        1,
        "could not read `/nowhere/key`, named by --mask-key-file: No such file or directory (os error 2)",
    );
}

#[test]
fn a_weak_mask_key_is_refused() {
    let scene = Scene::new().ready(&[&login("anna")]);
    let refused = |text: &[u8], mode: u32, line: &str| {
        let file = scene.file("key", text, mode).display().to_string();
        scene.drain().flags("--mask-key-file").flags(&file).fails_with(1, &line.replace("KEY", &file));
    };
    refused(
        b"hunter2\n",
        0o600,
        "the mask key in `KEY` is too weak: it has 7 bytes, a key needs 32 or more; make one with \
         `openssl rand -hex 32 > KEY`",
    );
    refused(
        &[b'a'; 64],
        0o600,
        "the mask key in `KEY` is too weak: it is one byte repeated; make one with `openssl rand -hex 32 > KEY`",
    );
    assert_eq!(scene.queue.visible(), 1);
}
