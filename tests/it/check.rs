//! The tests of `check`: what it says of every state of what a drain needs, line and exit code.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use kit::{
    Action, ClosedPort, Cluster, Fault, Outcome, Program, QUEUE, Scene, SecretsManager, Stage, When, login,
};
use serde_json::Value;

/// Whether the check changed anything is seen in every one of them.
fn checked(scene: &Scene, program: Program, code: i32, lines: &[&str]) -> Outcome {
    let outcome = program.prints("").exits(code).run();
    for line in lines {
        let line = line.replace("URL-OF-IT", scene.queue.url());
        assert!(outcome.stdout.lines().any(|told| told == line), "no line\n{line}\nin\n{}", outcome.stdout);
    }
    outcome
}

fn check(scene: &Scene) -> Program {
    scene.program("check")
}

const WORKS: &str = "a drain would work";
const ONE_PROBLEM: &str = "a drain would not work as it should: 1 problem";
const ONE_MUTE: &str = "nobody knows whether a drain would work: 1 thing out of reach";

#[test]
fn where_all_is_well_it_says_so_and_where_each_setting_came_from() {
    let scene = Scene::new().ready(&[&login("anna")]);
    let place = scene.database.place(&scene.database.user());
    let before = scene.database.data();
    let outcome = checked(
        &scene,
        check(&scene),
        0,
        &[
            "ok            queue        URL-OF-IT (LOGIN_DRAIN_QUEUE_URL)",
            "ok            region       eu-central-1 (AWS_REGION)",
            &format!("ok            endpoint     {} (AWS_ENDPOINT_URL_SQS)", scene.queue.endpoint()),
            &format!("ok            database     {place} (DATABASE_URL)"),
            "ok            masking      SHA-256 without a key, which anyone can reverse for an IPv4 address (default)",
            "ok            credentials  there are some; whose they are was not asked, because the queue is not at AWS",
            "ok            queue        it is a standard queue: 1 visible, 0 in flight, 0 delayed",
            "note          redrive      none: a message that stays is tried until it expires",
            "ok            clock        it agrees with the server's",
            "note          database     this user is a superuser, who may do far more than a drain needs",
            "ok            tables       all are there, and fit",
            "ok            log          the server keeps values out of its own log",
            WORKS,
        ],
    );
    assert_eq!(outcome.stdout.lines().last(), Some(WORKS));
    assert_eq!(scene.database.data(), before);
    assert_eq!(scene.queue.visible(), 1);
}

#[test]
fn a_flag_and_a_variable_are_told_apart() {
    let scene = Scene::new().ready(&[]);
    let key = scene.file("key", b"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", 0o600);
    let program = check(&scene)
        .env("LOGIN_DRAIN_REGION", "eu-central-1")
        .env("LOGIN_DRAIN_DATABASE_URL", &scene.database.url())
        .env("MASK_KEY_FILE", &key.display().to_string())
        .flags("--queue-url")
        .flags(scene.queue.url());
    let place = scene.database.place(&scene.database.user());
    let lines = [
        "ok            queue        URL-OF-IT (--queue-url)",
        "ok            region       eu-central-1 (LOGIN_DRAIN_REGION)",
        &format!("ok            database     {place} (LOGIN_DRAIN_DATABASE_URL)"),
        "ok            masking      HMAC-SHA-256 with a key, masks begin with cd0c1c56: (MASK_KEY_FILE)",
    ];
    checked(&scene, program, 0, &lines);
    let nowhere = "problem       sealing      could not read `/nowhere`, named by --seal-to: No such file or directory \
                   (os error 2)";
    let lines = [
        "ok            sealing      raw values are encrypted to the key in `/nowhere` (LOGIN_DRAIN_SEAL_TO)",
        nowhere,
    ];
    checked(&scene, check(&scene).env("LOGIN_DRAIN_SEAL_TO", "/nowhere"), 1, &lines);
}

#[test]
fn settings_that_cannot_be_used_are_told_all_at_once() {
    let scene = Scene::new().ready(&[]);
    let program = check(&scene)
        .env("AWS_ENDPOINT_URL_SQS", "not a url")
        .env("DATABASE_URL_FILE", "/nowhere")
        .env("MASK_KEY_FILE", "/nowhere/key")
        .env("LOGIN_DRAIN_BATCH_SIZE", "0");
    checked(
        &scene,
        program,
        1,
        &[
            "problem       variables    LOGIN_DRAIN_BATCH_SIZE must be a whole number from 1 to 10000",
            "problem       queue        could not use the endpoint URL `not a url`: it is not a URL such as https://sqs.us-east-1.amazonaws.com",
            "problem       database     both DATABASE_URL and DATABASE_URL_FILE are set: unset one of them",
            "problem       masking      could not read `/nowhere/key`, named by --mask-key-file: No such file or \
             directory (os error 2)",
            "a drain would not work as it should: 4 problems",
        ],
    );
    let program = check(&scene).env("LOGIN_DRAIN_RECIEVERS", "9");
    checked(
        &scene,
        program,
        0,
        &[
            "warning       settings     LOGIN_DRAIN_RECIEVERS is no variable of login-drain, and has no effect",
            "a drain would work, 1 warning",
        ],
    );
}

/// One answer of a token service, for as many calls as come.
fn token_service(status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut request = [0; 8192];
            let _ = stream.read(&mut request);
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
        }
    });
    url
}

#[test]
fn credentials_are_told_by_whose_they_are() {
    let scene = Scene::new().ready(&[]);
    let asked = |url: &str| check(&scene).env("AWS_ENDPOINT_URL_STS", url);
    let arn = "<GetCallerIdentityResponse><Arn>arn:aws:sts::1:assumed-role/drain/host</Arn></GetCallerIdentityResponse>";
    checked(
        &scene,
        asked(&token_service("200 OK", arn)),
        0,
        &["ok            credentials  they are those of arn:aws:sts::1:assumed-role/drain/host", WORKS],
    );
    let unknown = "<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>";
    checked(
        &scene,
        asked(&token_service("403 Forbidden", unknown)),
        1,
        &[
            "problem       credentials  STS refused these credentials (InvalidClientTokenId): these credentials are not \
             known there; check the access key, and that it belongs to this partition",
            ONE_PROBLEM,
        ],
    );
    let wrong = "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code></Error></ErrorResponse>";
    checked(
        &scene,
        asked(&token_service("403 Forbidden", wrong)),
        1,
        &[
            "problem       credentials  STS refused these credentials (SignatureDoesNotMatch): the secret key does not \
           belong to the access key, or the clock is wrong",
        ],
    );
    let expired = "<ErrorResponse><Error><Code>ExpiredToken</Code></Error></ErrorResponse>";
    checked(
        &scene,
        asked(&token_service("403 Forbidden", expired)),
        1,
        &[
            "problem       credentials  STS refused these credentials (ExpiredToken): the session token has expired; renew \
           the credentials",
        ],
    );
    let html = token_service("200 OK", "<html>welcome</html>");
    checked(
        &scene,
        asked(&html),
        75,
        &[&format!("out of reach  credentials  the answer of STS at {html} names nobody"), ONE_MUTE],
    );
    let nobody = ClosedPort::take();
    checked(
        &scene,
        asked(&nobody.url()),
        75,
        &[&format!(
            "out of reach  credentials  could not reach STS at {}: Connection refused (os error 111)",
            nobody.url()
        )],
    );
    let none = check(&scene).without("AWS_ACCESS_KEY_ID").without("AWS_SECRET_ACCESS_KEY");
    let outcome = checked(&scene, none, 1, &[]);
    assert!(
        outcome.stdout.contains("problem       credentials  could not find AWS credentials"),
        "{}",
        outcome.stdout
    );
}

#[test]
fn a_queue_is_told_by_how_it_is_set_up() {
    let with = |attributes: &[(&str, &str)], lines: &[&str]| {
        let scene = Scene::with_queue(attributes).ready(&[]);
        checked(&scene, check(&scene), 0, lines);
    };
    with(
        &[("VisibilityTimeout", "10")],
        &[
            "warning       queue        it hides a message for 10 seconds only: a slow batch is received twice",
            "                           to do: set its VisibilityTimeout to 60 or more",
            "a drain would work, 1 warning",
        ],
    );
    with(
        &[("MessageRetentionPeriod", "3600")],
        &[
            "warning       queue        it expires messages after 1 hour: a longer outage loses logins",
            "                           to do: set its MessageRetentionPeriod to 1209600 (14 days)",
        ],
    );
}

#[test]
fn a_key_that_the_queue_is_encrypted_with_is_told_with_the_permission_that_it_takes() {
    let scene = Scene::scripted().ready(&[]);
    scene.server().create_queue("sealed", &[("KmsMasterKeyId", "alias/logins"), ("DelaySeconds", "5")]);
    let url = scene.queue.url().replace(QUEUE, "sealed");
    scene.server().send("sealed", &login("anna"));
    checked(
        &scene,
        check(&scene).env("LOGIN_DRAIN_QUEUE_URL", &url),
        0,
        &[
            "note          encryption   its messages are encrypted with the KMS key alias/logins",
            "                           to do: see that these credentials may kms:Decrypt with it, which cannot be asked \
             without effect",
            WORKS,
        ],
    );
}

#[test]
fn what_sqs_says_instead_of_an_answer_is_told_with_what_to_do() {
    let renew = "the session token has expired; renew the credentials";
    let unknown =
        "these credentials are not known there; check the access key, and that it belongs to this partition";
    let mistyped = "the secret key does not belong to the access key; set both anew";
    let kms = "the queue is encrypted; allow kms:Decrypt on its key to these credentials";
    let address = "the address is not valid for this account; check --queue-url";
    for (code, advice) in [
        ("ExpiredToken", renew),
        ("InvalidClientTokenId", unknown),
        ("SignatureDoesNotMatch", mistyped),
        ("KmsAccessDenied", kms),
        ("InvalidAddress", address),
    ] {
        let scene = Scene::scripted().ready(&[]);
        scene.server().fault(Fault::Code(code), When::Always(Action::GetQueueAttributes));
        let outcome = checked(&scene, check(&scene), 1, &[ONE_PROBLEM]);
        let mut lines =
            outcome.stdout.lines().filter(|line| line.starts_with("problem       queue        SQS refused"));
        assert!(lines.any(|line| line.ends_with(&format!("): {advice}"))), "{code}\n{}", outcome.stdout);
    }
    for code in ["RequestThrottled", "ServiceUnavailable"] {
        let scene = Scene::scripted().ready(&[]);
        scene.server().fault(Fault::Code(code), When::Always(Action::GetQueueAttributes));
        let to_do = "                           to do: run this again in a minute; if it stays so, see that it is up, and \
                     that this machine may reach it";
        let outcome = checked(&scene, check(&scene), 75, &[to_do, ONE_MUTE]);
        let told = format!(
            "out of reach  queue        SQS at {} refused GetQueueAttributes",
            scene.queue.endpoint()
        );
        assert!(outcome.stdout.lines().any(|line| line.starts_with(&told)), "{}", outcome.stdout);
    }
}

/// A queue on a server of the test's own, beside a queue for dead letters.
fn with_redrive(receives: u32) -> Scene {
    let scene = Scene::scripted().ready(&[]);
    scene.server().create_queue("dead", &[]);
    let policy = format!(
        r#"{{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:000000000000:dead","maxReceiveCount":{receives}}}"#
    );
    scene.server().create_queue("with-redrive", &[("RedrivePolicy", policy.as_str())]);
    scene
}

#[test]
fn where_rejects_would_go_is_told() {
    for (receives, line) in [
        (
            5,
            "ok            redrive      after 5 receives a message goes to arn:aws:sqs:eu-central-1:000000000000:dead",
        ),
        (
            2,
            "warning       redrive      after 2 receives a message is moved, even if nothing is wrong with it",
        ),
    ] {
        let scene = with_redrive(receives);
        let url = scene.queue.url().replace(QUEUE, "with-redrive");
        let program =
            check(&scene).env("LOGIN_DRAIN_QUEUE_URL", &url).env("LOGIN_DRAIN_REJECTS", "dead-letter");
        let well = "ok            dead letters  their queue is there, and another one";
        checked(&scene, program, 0, &[line, well]);
    }
    let scene = with_redrive(5);
    let forgotten =
        check(&scene).flags("--dead-letter-queue-url").flags(&scene.queue.url().replace(QUEUE, "dead"));
    let line =
        "warning       dead letters  --dead-letter-queue-url has no effect without --rejects dead-letter";
    checked(
        &scene,
        forgotten,
        0,
        &[line, "                           to do: set --rejects dead-letter, or leave it out"],
    );
    let dead_letters = || check(&scene).flags("--rejects dead-letter");
    checked(
        &scene,
        dead_letters(),
        1,
        &[
            "problem       dead letters  --rejects dead-letter needs a queue to send to: this one has no redrive policy \
             that we may read; set --dead-letter-queue-url",
            ONE_PROBLEM,
        ],
    );
    let itself = dead_letters().flags("--dead-letter-queue-url").flags(scene.queue.url());
    checked(
        &scene,
        itself,
        1,
        &["problem       dead letters  --dead-letter-queue-url names the drained queue itself: name another"],
    );
}

#[test]
fn a_queue_that_cannot_be_asked_is_told_with_the_cure() {
    let scene = Scene::scripted().ready(&[]);
    let url = scene.queue.url().replace(QUEUE, "absent");
    let outcome = check(&scene).env("LOGIN_DRAIN_QUEUE_URL", &url).prints("no such queue; check --queue-url");
    outcome.prints(ONE_PROBLEM).exits(1).run();
    scene.server().fault(Fault::Code("AccessDenied"), When::Always(Action::GetQueueAttributes));
    checked(
        &scene,
        check(&scene),
        0,
        &[
            "note          queue        it answers, and does not tell how it is set up",
            "                           to do: allow sqs:GetQueueAttributes on it to these credentials",
            WORKS,
        ],
    );
    let nobody = ClosedPort::take();
    let outcome = checked(&scene, check(&scene).env("AWS_ENDPOINT_URL_SQS", &nobody.url()), 75, &[ONE_MUTE]);
    let start =
        format!("out of reach  queue        could not reach SQS at {}: Connection refused", nobody.url());
    assert!(outcome.stdout.contains(&start), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("nothing is lost"), "{}", outcome.stdout);
    let at_odds = check(&scene).env("LOGIN_DRAIN_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/1/logins");
    let at_odds = at_odds
        .flags("--region eu-central-1")
        .prints("problem       queue        could not settle on a region");
    at_odds.prints(ONE_PROBLEM).exits(1).run();
}

#[test]
fn what_never_answers_is_told_so_after_five_seconds_at_the_most() {
    let scene = Scene::scripted().ready(&[]);
    scene
        .server()
        .fault(Fault::Mute(Stage::Before, Duration::from_secs(60)), When::Always(Action::GetQueueAttributes));
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let database = format!("postgres://drain@{}/logins", mute.local_addr().unwrap());
    checked(
        &scene,
        check(&scene).env("DATABASE_URL", &database).flags("--database-timeout 1"),
        75,
        &[
            "out of reach  queue        no answer in 4.5 s",
            "out of reach  database     no answer in 4.5 s",
            "                           to do: see that a firewall lets this machine through, and that host and port are \
             right",
            "nobody knows whether a drain would work: 2 things out of reach",
        ],
    );
}

#[test]
fn a_clock_that_is_off_is_told() {
    for (seconds, code, line) in [
        (100, 0, "note          clock        it is "),
        (-3700, 1, "problem       clock        it is 1 hour ahead of the server's"),
        (3700, 1, "problem       clock        it is 1 hour behind the server's"),
    ] {
        let scene = Scene::scripted().ready(&[]);
        scene.server().fault(Fault::ClockOffset(seconds), When::Always(Action::Any));
        let outcome = checked(&scene, check(&scene), code, &[]);
        assert!(outcome.stdout.lines().any(|told| told.starts_with(line)), "{line}\n{}", outcome.stdout);
        let cure = "to do: set this machine's clock, and keep it set (NTP)";
        assert_eq!(outcome.stdout.contains(cure), code == 1, "{}", outcome.stdout);
    }
}

#[test]
fn a_database_that_is_not_ready_is_told_with_what_makes_it_so() {
    let scene = Scene::new();
    checked(
        &scene,
        check(&scene),
        1,
        &[
            "problem       tables       table user_logins does not exist: run `login-drain init-db`",
            ONE_PROBLEM,
        ],
    );
    scene.init_db();
    let nobody = ClosedPort::take();
    let nowhere = format!("postgres://drain@127.0.0.1:{}/none", nobody.number());
    checked(
        &scene,
        check(&scene).env("DATABASE_URL", &nowhere),
        75,
        &[
            &format!(
                "out of reach  database     could not connect to PostgreSQL at `host 127.0.0.1 port {} database none \
                 user drain`: nothing listens there; start the server, or correct host and port",
                nobody.number()
            ),
            ONE_MUTE,
        ],
    );
    // What lasts goes before what may pass.
    let both = check(&scene).env("DATABASE_URL", &nowhere).env("MASK_KEY_FILE", "/nowhere");
    checked(&scene, both, 1, &["a drain would not work as it should: 1 problem, 1 thing out of reach"]);
    scene.database.run("ALTER TABLE login_drain_ledger SET UNLOGGED");
    scene.database.run("ALTER TABLE user_logins ALTER COLUMN locale SET NOT NULL");
    let schema = scene.database.schema();
    checked(
        &scene,
        check(&scene),
        0,
        &[
            "note          tables       table login_drain_ledger is UNLOGGED: a crash of the server empties it",
            &format!(
                "                           to do: ALTER TABLE \"{schema}\".login_drain_ledger SET LOGGED"
            ),
            "a drain would work, 1 warning",
        ],
    );
    scene.database.run("ALTER TABLE user_logins DROP COLUMN locale");
    check(&scene).prints("problem       tables  ").prints("locale").prints(ONE_PROBLEM).exits(1).run();
}

#[test]
fn a_role_is_told_what_it_lacks_and_what_the_server_logs_of_it() {
    let scene = Scene::new().ready(&[]);
    let (role, url) = scene.database.role();
    let as_role = || check(&scene).env("DATABASE_URL", &url);
    as_role().prints("GRANT").prints("would not work as it should").exits(1).run();
    scene.database.run(&format!(
        "GRANT INSERT, SELECT ON user_logins, login_drain_ledger, login_drain_rejects TO {role};
        GRANT DELETE ON login_drain_rejects TO {role}"
    ));
    checked(
        &scene,
        as_role(),
        0,
        &[
            "note          tables       this user may not INSERT into and SELECT from login_drain_runs: its runs are not \
             recorded, and `status` knows nothing of them",
            &format!(
                "                           to do: GRANT INSERT, SELECT ON \"{}\".login_drain_runs TO \"{role}\"",
                scene.database.schema()
            ),
            WORKS,
        ],
    );
    scene.database.run(&format!("GRANT INSERT, SELECT ON login_drain_runs TO {role}"));
    checked(&scene, as_role(), 0, &["ok            tables       all are there, and fit", WORKS]);
    scene.database.run(&format!("ALTER ROLE {role} SET log_statement = 'all'"));
    checked(
        &scene,
        as_role(),
        0,
        &[
            "warning       log          the server writes statements with their user ids and masks into its own log \
             (log_statement)",
            &format!(
                "                           to do: as a superuser: ALTER ROLE \"{role}\" SET log_parameter_max_length = 0"
            ),
        ],
    );
    scene.database.run(&format!("ALTER ROLE {role} SET log_min_duration_statement = '1s'"));
    let lines = [
        "warning       log          the server writes statements with their user ids and masks into its own log \
                  (log_statement, log_min_duration_statement)",
    ];
    checked(&scene, as_role(), 0, &lines);
    scene.database.run(&format!("ALTER ROLE {role} SET log_parameter_max_length = 0"));
    checked(&scene, as_role(), 0, &["ok            log          the server keeps values out of its own log"]);
    scene.database.run(&format!("ALTER ROLE {role} SET log_parameter_max_length_on_error = 20"));
    checked(
        &scene,
        as_role(),
        0,
        &[&format!(
            "                           to do: ALTER ROLE \"{role}\" SET log_parameter_max_length_on_error = 0"
        )],
    );
    scene.database.run(&format!("ALTER ROLE {role} SET default_transaction_read_only = on"));
    checked(
        &scene,
        as_role(),
        1,
        &[
            "problem       database     sessions of this user are read-only there",
            "                           to do: unset default_transaction_read_only for this user and database",
        ],
    );
}

#[test]
fn a_standby_is_told_by_all_who_would_write_to_it_and_answers_those_who_read() {
    let (scene, primary) = (Scene::scripted(), Cluster::start());
    let on = |server: &Cluster, line: &str| scene.program(line).env("DATABASE_URL", &server.right_url());
    on(&primary, "init-db").prints("are ready on").run();
    let standby = primary.standby();
    checked(
        &scene,
        on(&standby, "check"),
        1,
        &[
            "problem       database     it is a standby, which stores nothing",
            "                           to do: name the primary, or several hosts with target_session_attrs=read-write",
            "ok            tables       all are there, and fit",
            ONE_PROBLEM,
        ],
    );
    on(&standby, "status").prints("not healthy: no run is recorded: ").exits(1).run();
    on(&standby, "init-db").prints("are ready on").run();
    scene.queue.send(&[&login("anna")]);
    let read_only = "the server is read-only: has it failed over?";
    on(&standby, "drain --patience 1 --wait-seconds 0")
        .complains(read_only)
        .exits(75)
        .may_say_anything()
        .run();
    on(&standby, "erase --user-id anna").complains(read_only).exits(75).run();
    assert_eq!(scene.server().counts(QUEUE).deleted, 0);
}

#[test]
fn a_ledger_that_nobody_prunes_is_told() {
    let scene = Scene::new().ready(&[&login("anna")]);
    scene.drain().flags("--quiet").run();
    scene.database.run("UPDATE login_drain_ledger SET drained_at = now() - interval '20 days'");
    let outcome = check(&scene).prints("the oldest of 20 days ago: nobody prunes it").run();
    assert!(outcome.stdout.contains("run sql/operator/prune.sql each day"), "{}", outcome.stdout);
}

#[test]
fn metrics_that_could_not_be_written_are_told() {
    let scene = Scene::new().ready(&[]);
    let file = scene.path("login_drain.prom").display().to_string();
    let well = format!("ok            metrics      `{file}` can be written");
    checked(&scene, check(&scene).env("LOGIN_DRAIN_METRICS_FILE", &file), 0, &[&well, WORKS]);
    assert!(!std::path::Path::new(&file).exists());
    let nobody = ClosedPort::take();
    let pushed = check(&scene).flags("--metrics-push-url").flags(&nobody.url());
    let to_do = "                           to do: start what takes them, or correct --metrics-push-url";
    checked(&scene, pushed, 0, &[to_do, "a drain would work, 1 warning"]);
    let absent = check(&scene).flags("--metrics-file /absent/login_drain.prom");
    absent
        .prints("problem       metrics      could not write the metrics file")
        .prints(ONE_PROBLEM)
        .exits(1)
        .run();
}

#[test]
fn machines_read_json_and_no_secret() {
    let scene = Scene::new().ready(&[]);
    let url = scene.database.url().replacen("://", "://somebody:hunter2@", 1).replacen("@postgres@", "@", 1);
    let outcome = check(&scene).env("DATABASE_URL", &url).flags("--format json").ends_somehow().run();
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    assert!(findings.len() >= 8 && findings.iter().all(|finding| finding["text"].is_string()), "{report}");
    let well = serde_json::from_str::<Value>(&check(&scene).flags("--format json").prints("{").run().stdout)
        .unwrap();
    assert_eq!((&well["works"], &well["line"]), (&true.into(), &WORKS.into()));
}

#[test]
fn what_is_in_another_region_than_the_queue_is_told() {
    let scene = Scene::new().ready(&[]);
    let arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:logins";
    let host = "db.abc.us-east-1.rds.amazonaws.com";
    let secrets = SecretsManager::holding(arn, format!("postgres://drain@{host}:1/logins?connect_timeout=1"));
    let dead = "https://sqs.us-east-1.amazonaws.com/123456789012/dead";
    let elsewhere = || {
        check(&scene)
            .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.url())
            .without("DATABASE_URL")
            .flags("--dead-letter-queue-url")
            .flags(dead)
            .flags("--database-secret")
            .flags(arn)
    };
    let told = |state: &str| {
        ["the dead-letter queue", "the secret of --database-secret", &format!("the database host {host}")]
            .map(|what| {
                format!("{state:<13} region       {what} is in us-east-1, and the queue in eu-central-1")
            })
    };
    for (program, code, lines) in
        [(elsewhere(), 75, told("warning")), (elsewhere().flags("--one-region"), 1, told("problem"))]
    {
        checked(&scene, program, code, &lines.each_ref().map(String::as_str));
    }
    let near =
        check(&scene).env("DATABASE_URL", "postgres://drain@db.abc.eu-central-1.rds.amazonaws.com:1/logins");
    let line = "ok            region       the database host db.abc.eu-central-1.rds.amazonaws.com is in eu-central-1 too";
    checked(&scene, near, 75, &[line]);
}
