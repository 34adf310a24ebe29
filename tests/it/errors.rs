//! Owns the exact line for each thing that goes wrong at a server, each produced for real.
//! Never: a line that a person could not act on. No line may hold a secret: the harness looks at each.

use crate::harness::{Action, Cluster, Fault, Program, Scene, When, login};

/// A drain on a scripted server where every call of one kind is refused, and what it says.
fn refused_call(program: fn(&Scene) -> Program, action: Action, code: &'static str, line: &str) {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    scene.server().fault(Fault::Code(code), When::Always(action));
    let outcome = program(&scene).exits(1).complains("").run();
    let expected = line.replace("QUEUE", scene.queue.url());
    let request_id = outcome.stderr.split("request id ").nth(1).and_then(|rest| rest.split(')').next());
    let told = outcome.stderr.replace(request_id.unwrap_or("none"), "ID");
    assert_eq!(told.lines().last().unwrap(), format!("login-drain: {expected}"), "{}", outcome.stderr);
    assert_eq!(scene.server().remaining_bodies(scene.queue.name()).len(), 1, "nothing is lost");
}

#[test]
fn no_permission_to_receive() {
    refused_call(
        Scene::drain,
        Action::ReceiveMessage,
        "AccessDenied",
        "SQS refused ReceiveMessage on QUEUE in eu-central-1 (AccessDeniedException, request id ID): \
         allow sqs:ReceiveMessage on this queue to these credentials",
    );
}

#[test]
fn no_permission_to_delete() {
    refused_call(
        Scene::drain,
        Action::DeleteMessageBatch,
        "AccessDenied",
        "SQS refused DeleteMessageBatch on QUEUE in eu-central-1 (AccessDeniedException, request id ID): \
         allow sqs:DeleteMessage on this queue to these credentials",
    );
}

#[test]
fn no_permission_to_give_back_what_was_looked_at() {
    refused_call(
        Scene::peek,
        Action::ChangeMessageVisibilityBatch,
        "AccessDenied",
        "SQS refused ChangeMessageVisibilityBatch on QUEUE in eu-central-1 (AccessDenied, request id ID): \
         allow sqs:ChangeMessageVisibility on this queue to these credentials",
    );
}

#[test]
fn an_expired_token() {
    refused_call(
        Scene::drain,
        Action::Any,
        "ExpiredToken",
        "SQS refused ReceiveMessage on QUEUE in eu-central-1 (ExpiredTokenException, request id ID): \
         the session token has expired; renew the credentials",
    );
}

#[test]
fn an_unknown_access_key() {
    refused_call(
        Scene::drain,
        Action::Any,
        "InvalidClientTokenId",
        "SQS refused ReceiveMessage on QUEUE in eu-central-1 (UnrecognizedClientException, request id ID): \
         these credentials are not known there; check the access key, and that it belongs to this partition",
    );
}

#[test]
fn a_wrong_secret_key() {
    refused_call(
        Scene::drain,
        Action::Any,
        "SignatureDoesNotMatch",
        "SQS refused ReceiveMessage on QUEUE in eu-central-1 (InvalidSignatureException, request id ID): \
         the secret key does not belong to the access key; set both anew",
    );
}

#[test]
fn an_encrypted_queue_without_its_key() {
    refused_call(
        Scene::drain,
        Action::ReceiveMessage,
        "KMS.AccessDeniedException",
        "SQS refused ReceiveMessage on QUEUE in eu-central-1 (KmsAccessDenied, request id ID): \
         the queue is encrypted; allow kms:Decrypt on its key to these credentials",
    );
}

#[test]
fn a_clock_that_is_wrong() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    scene.server().fault(Fault::ClockOffset(-3600), When::Always(Action::Any));
    scene.server().fault(Fault::Code("SignatureDoesNotMatch"), When::Always(Action::Any));
    scene
        .drain()
        .exits(1)
        .complains("this machine's clock is 36")
        .complains("s ahead of the server's; set the clock")
        .run();
}

#[test]
fn no_such_queue() {
    let scene = Scene::new().ready(&[]);
    let missing = format!("{}-missing", scene.queue.url());
    let advice = "no such queue; check --queue-url or --queue-name, and that --region is the queue's own";
    scene
        .drain()
        .env("LOGIN_DRAIN_QUEUE_URL", &missing)
        .exits(1)
        .complains(&format!(
            "login-drain: SQS refused ReceiveMessage on {missing} in eu-central-1 (QueueDoesNotExist"
        ))
        .complains(&format!("): {advice}\n"))
        .run();
    scene
        .drain()
        .flags("--queue-name no-such-queue")
        .exits(1)
        .complains("login-drain: SQS refused GetQueueUrl on no-such-queue in eu-central-1 (QueueDoesNotExist")
        .complains(&format!("): {advice}\n"))
        .run();
}

#[test]
fn no_credentials() {
    let scene = Scene::new().ready(&[&login("anna")]);
    scene
        .drain()
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY")
        .exits(1)
        .complains("login-drain: could not find AWS credentials in ")
        .complains("; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with --profile\n")
        .run();
    scene.drain().flags("--profile nobody").fails_with(
        1,
        "could not get AWS credentials from profile `nobody`: no such profile in ~/.aws/config or \
         ~/.aws/credentials; see `aws configure list-profiles`; tried before: the environment (passed over for --profile)",
    );
}

#[test]
fn an_sqs_that_is_not_there() {
    let scene = Scene::new().ready(&[]);
    scene.drain().env("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9").fails_with(
        75,
        "could not reach SQS at http://127.0.0.1:9: Connection refused (os error 111); nothing is lost, \
         the next run goes on (is the endpoint right? see --endpoint-url and --region)",
    );
}

#[test]
fn an_endpoint_that_is_no_sqs() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    scene.server().fault(Fault::html(), When::Always(Action::Any));
    let line = format!(
        "the answer to ReceiveMessage from {} is not one of SQS; nothing is lost, the next run goes on \
         (is the endpoint right? see --endpoint-url)",
        scene.queue.endpoint()
    );
    scene.drain().fails_with(75, &line);
}

#[test]
fn an_sqs_that_is_too_busy() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    scene.server().fault(Fault::Code("RequestThrottled"), When::Always(Action::ReceiveMessage));
    scene
        .drain()
        .exits(75)
        .complains("refused ReceiveMessage again and again (RequestThrottled")
        .complains("; nothing is lost, the next run goes on\n")
        .run();
}

#[test]
fn no_permission_to_send_on() {
    let scene = Scene::scripted().ready(&["no json"]);
    let dead_letters = scene.queue.sibling();
    scene.server().fault(Fault::Code("AccessDenied"), When::Always(Action::SendMessage));
    scene
        .drain()
        .flags("--rejects dead-letter --dead-letter-queue-url")
        .flags(dead_letters.url())
        .exits(1)
        .complains(&format!(
            "SQS refused SendMessage on {} in eu-central-1 (AccessDenied",
            dead_letters.url()
        ))
        .complains("): allow sqs:SendMessage on this queue to these credentials\n")
        .run();
    assert_eq!(scene.server().remaining_bodies(scene.queue.name()).len(), 1);
}

#[test]
fn a_standard_output_that_is_full() {
    let scene = Scene::new().ready(&[&login("anna")]);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let outcome = scene.drain().exits(1).complains("").run_into(full);
    assert_eq!(
        outcome.stderr,
        "login-drain: could not write to standard output: No space left on device (os error 28)\n"
    );
    assert_eq!(scene.database.count("user_logins"), 1);
}

/// `PLACE` in a line stands for the server, database and user.
fn database_line(scene: &Scene, line: &str) -> String {
    line.replace("PLACE", &scene.database.place(&scene.database.user()))
}

#[test]
fn a_database_that_is_down() {
    let scene = Scene::new();
    scene.drain().env("DATABASE_URL", "postgres://me:hunter2@127.0.0.1:9/logins").fails_with(
        75,
        "could not connect to PostgreSQL at `host 127.0.0.1 port 9 database logins user me`: \
         nothing listens there; start the server, or correct host and port",
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
    scene.drain().fails_with(1, "table user_logins has no column locale");
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
    let place = scene.database.place(&role);
    scene
        .drain()
        .env("DATABASE_URL", &url)
        .exits(1)
        .complains(&format!(
            "login-drain: could not store a batch in PostgreSQL at {place} (SQLSTATE 42501): grant the user INSERT on \
             user_logins, login_drain_ledger and login_drain_rejects, and SELECT (message_id) on login_drain_ledger\n"
        ))
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
