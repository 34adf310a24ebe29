//! The tests of texts that come from outside: they are printed, and cannot steer a terminal.

use kit::{Action, Fault, QUEUE, Scene, Stage, When, login, login_with};
use serde_json::json;

/// Clears the screen, and sets the title.
const STEERING: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}";

fn assert_tame(text: &str) {
    let wild = text.chars().find(|letter| letter.is_control() && *letter != '\n' || *letter == '\u{202e}');
    assert_eq!(wild, None, "{text:?}");
}

#[test]
fn a_message_id_with_an_escape_sequence_is_shown_escaped() {
    let body = "no login";
    let md5 = "2cfe1abae2a7f15ed515ed517e0563a6";
    let attributes = json!({"ApproximateReceiveCount": STEERING, "SentTimestamp": STEERING});
    let message = json!({"MessageId": format!("id{STEERING}"), "ReceiptHandle": format!("r{STEERING}"),
        "MD5OfBody": md5, "Body": body, "Attributes": attributes});
    let reply = json!({ "Messages": [message] }).to_string();
    for command in ["peek", "peek --format json", "drain", "drain --max-reject-percent 100 --format json"] {
        let scene = Scene::scripted().ready(&[]);
        let fault = Fault::Status { stage: Stage::Before, status: 200, body: reply.clone() };
        scene.server().fault(fault, When::Nth(Action::ReceiveMessage, 1));
        assert_tame(&scene.program(command).ends_somehow().run().words());
        assert_tame(&scene.database.rows("SELECT t::text FROM login_drain_rejects AS t").join(""));
    }
}

#[test]
fn names_that_somebody_gave_in_the_database_are_shown_escaped() {
    let scene = Scene::scripted().ready(&[]);
    scene.database.run(&format!(
        "ALTER TABLE user_logins ADD CONSTRAINT \"c{STEERING}\" CHECK (locale <> 'XX');
         CREATE UNIQUE INDEX \"i{STEERING}\" ON user_logins (user_id);
         ALTER TABLE user_logins ADD COLUMN \"n{STEERING}\" text NOT NULL DEFAULT 'x';
         CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF NEW.locale = 'YY' THEN RAISE EXCEPTION '{STEERING}' USING CONSTRAINT = '{STEERING}', COLUMN = '{STEERING}'; END IF;
             RAISE WARNING '{STEERING}'; RETURN NEW; END $$;
         CREATE TRIGGER \"t{STEERING}\" BEFORE INSERT ON user_logins FOR EACH ROW EXECUTE FUNCTION f()"
    ));
    for (number, locale) in ["RU", "XX", "YY", "RU"].into_iter().enumerate() {
        let user = format!("user {}", number % 3);
        scene.server().send(QUEUE, &login_with(&user, &[("locale", json!(locale))]));
    }
    assert_tame(&scene.program("init-db").ends_somehow().run().words());
    for flags in ["", "--format json", "--quiet"] {
        assert_tame(&scene.drain().flags(flags).exits(3).may_say_anything().run().words());
        scene.server().expire_visibility(QUEUE);
    }
    assert_tame(&scene.database.rows("SELECT detail FROM login_drain_rejects").join(""));
    scene.database.run(&format!("ALTER TABLE user_logins ALTER \"n{STEERING}\" DROP DEFAULT"));
    for command in ["init-db", "drain"] {
        assert_tame(&scene.program(command).exits(1).may_say_anything().run().words());
    }
}

#[test]
fn what_a_server_answers_and_what_is_set_are_shown_escaped() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    let error = json!({"__type": format!("com.amazonaws.sqs#{STEERING}"), "message": STEERING}).to_string();
    for action in [Action::GetQueueAttributes, Action::ReceiveMessage, Action::DeleteMessageBatch] {
        let fault = Fault::Status { stage: Stage::Before, status: 400, body: error.clone() };
        scene.server().fault(fault, When::Always(action));
        assert_tame(&scene.drain().ends_somehow().run().words());
        scene.server().clear_faults();
        scene.server().expire_visibility(QUEUE);
    }
    for (variable, value) in [
        ("LOGIN_DRAIN_QUEUE_URL", format!("http://127.0.0.1:9/1/q{STEERING}")),
        ("LOGIN_DRAIN_QUEUE_URL", STEERING.to_owned()),
        ("AWS_ENDPOINT_URL_SQS", format!("http://127.0.0.1:9/{STEERING}")),
        ("AWS_REGION", STEERING.to_owned()),
        ("DATABASE_URL", format!("postgres://u{STEERING}@127.0.0.1:9/d{STEERING}")),
        (
            "DATABASE_URL",
            format!(
                "host=127.0.0.1 port=9 user='{STEERING}' dbname='{STEERING}' application_name='{STEERING}'"
            ),
        ),
        ("DATABASE_URL", format!("host='{STEERING}' sslmode=disable")),
        ("MASK_KEY_FILE", format!("/nowhere/{STEERING}")),
        ("LOGIN_DRAIN_DATABASE_SECRET", STEERING.to_owned()),
        ("AWS_PROFILE", STEERING.to_owned()),
    ] {
        let drain = scene.drain().env(variable, &value);
        let drain = match variable {
            "AWS_PROFILE" => drain.without("AWS_ACCESS_KEY_ID"),
            "LOGIN_DRAIN_DATABASE_SECRET" => {
                drain.without("DATABASE_URL").env("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://127.0.0.1:9")
            }
            _ => drain,
        };
        let words = drain.ends_somehow().run().words();
        println!("{variable}");
        assert_tame(&words);
    }
}
