//! The tests of `--one-region`: what is elsewhere is refused before anything is fetched or received.

use kit::{Action, Program, Scene, SecretsManager, login};

const ARN: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:logins";
/// The queue is in eu-central-1.
const REFUSED: &str = "--one-region: the queue is in eu-central-1, and ";

fn drain(scene: &Scene) -> Program {
    scene.drain().flags("--one-region")
}

#[test]
fn a_run_goes_on_where_nothing_is_elsewhere_and_says_what_it_does_not_know() {
    let scene = Scene::scripted().ready(&[&login("anna"), &login("boris")]);
    let unknown = format!("nothing tells in which region the database host {} is", scene.database.host());
    drain(&scene).complains(&unknown).prints("2 stored").run();
    drain(&scene).flags("--quiet").run();
}

#[test]
fn a_queue_a_secret_or_a_database_of_another_region_is_refused() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    let elsewhere = "postgres://drain@db.abc.us-east-1.rds.amazonaws.com/logins";
    let secrets = SecretsManager::holding("logins", elsewhere.to_owned());
    let with_secrets = || drain(&scene).env("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets.url());
    let dead_letters = "--dead-letter-queue-url https://sqs.us-east-1.amazonaws.com/123456789012/dead";
    for (program, told) in [
        (drain(&scene).flags(dead_letters), "the dead-letter queue is in us-east-1"),
        (
            drain(&scene).env("DATABASE_URL", elsewhere),
            "the database host db.abc.us-east-1.rds.amazonaws.com is in us-east-1",
        ),
        (
            with_secrets().flags("--mask-key-secret").flags(ARN),
            "the secret of --mask-key-secret is in us-east-1",
        ),
        (
            with_secrets().without("DATABASE_URL").flags("--database-secret").flags(ARN),
            "the secret of --database-secret is in us-east-1",
        ),
    ] {
        program
            .fails_with(1, &format!("{REFUSED}{told}; use one of the queue's region, or leave out the flag"));
    }
    assert_eq!(secrets.calls(), 0, "no secret of another region is asked for");
    let by_secret = with_secrets().without("DATABASE_URL").flags("--database-secret logins").exits(1);
    by_secret.complains("the database host db.abc.us-east-1.rds.amazonaws.com is in us-east-1").run();
    assert_eq!(scene.server().calls().count(Action::ReceiveMessage), 0);
}
