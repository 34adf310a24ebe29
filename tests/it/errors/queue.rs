//! The exact line for each thing that goes wrong at SQS, and on standard output.

use kit::sqs_server::Options;
use kit::{Action, ClosedPort, Database, Fault, Program, QUEUE, Scene, Server, When, login};

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
        "SQS refused ChangeMessageVisibilityBatch on QUEUE in eu-central-1 (AccessDeniedException, request id ID): \
         allow sqs:ChangeMessageVisibility on this queue to these credentials",
    );
}

#[test]
fn an_expired_token() {
    refused_call(
        Scene::drain,
        Action::ReceiveMessage,
        "ExpiredToken",
        "SQS refused ReceiveMessage on QUEUE in eu-central-1 (ExpiredTokenException, request id ID): \
         the session token has expired; renew the credentials",
    );
}

#[test]
fn an_unknown_access_key() {
    refused_call(
        Scene::drain,
        Action::ReceiveMessage,
        "InvalidClientTokenId",
        "SQS refused ReceiveMessage on QUEUE in eu-central-1 (UnrecognizedClientException, request id ID): \
         these credentials are not known there; check the access key, and that it belongs to this partition",
    );
}

#[test]
fn a_wrong_secret_key() {
    refused_call(
        Scene::drain,
        Action::ReceiveMessage,
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
fn an_encrypted_queue_without_its_key_in_the_older_protocol() {
    let server = Server::start(Options { json: false, ..Options::default() });
    let scene = Scene::on(server, QUEUE, &[], Database::with_own_schema());
    scene.init_db();
    scene.server().fault(Fault::Code("KMS.AccessDeniedException"), When::Always(Action::ReceiveMessage));
    scene.drain().exits(1).complains("the queue is encrypted; allow kms:Decrypt on its key").run();
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
            "login-drain: SQS refused GetQueueAttributes on {missing} in eu-central-1 (QueueDoesNotExist"
        ))
        .complains(&format!("): {advice}\n"))
        .run();
    scene
        .drain()
        .flags("--queue-name no-such-queue")
        .exits(1)
        .complains("login-drain: SQS refused GetQueueUrl on no-such-queue in eu-central-1 (QueueDoesNotExist")
        .complains(&format!("): {advice} (the queue of another account needs its --queue-url)\n"))
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
    let nobody = ClosedPort::take();
    scene.drain().env("AWS_ENDPOINT_URL_SQS", &nobody.url()).fails_with(
        75,
        &format!(
            "could not reach SQS at {}: Connection refused (os error 111); nothing is lost, the next run goes on \
             (is the endpoint right? see --endpoint-url and --region)",
            nobody.url()
        ),
    );
}

#[test]
fn an_endpoint_that_is_no_sqs() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    scene.server().fault(Fault::html(), When::Always(Action::Any));
    let line = format!(
        "the answer to GetQueueAttributes from {} is not one of SQS; nothing is lost, the next run goes on \
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
    let scene = Scene::scripted().ready(&[&login("anna"), "no json"]);
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
    assert_eq!(scene.server().remaining_bodies(scene.queue.name()), ["no json"]);
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

#[test]
fn an_endpoint_without_tls_and_one_without_an_address() {
    let scene = Scene::new().ready(&[]);
    let reached = |endpoint: &str, cause: &str| {
        let line = format!(
            "could not reach SQS at {endpoint}: {cause}; nothing is lost, the next run goes on \
             (is the endpoint right? see --endpoint-url and --region)"
        );
        scene.drain().env("AWS_ENDPOINT_URL_SQS", endpoint).fails_with(75, &line);
    };
    let secure = scene.queue.endpoint().replace("http:", "https:");
    reached(&secure, "TLS: what answers there does not speak it");
    reached("http://no-such-host.invalid", "the host name could not be looked up");
}
