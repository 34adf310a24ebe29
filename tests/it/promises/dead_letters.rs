//! The tests of dead-letter queues at their edges: spellings of the queue itself, and what a target cannot hold.

use serde_json::json;

use kit::{Action, Fault, QUEUE, Scene, When, login, rogue};

#[test]
fn no_spelling_of_the_drained_queue_is_taken_for_another() {
    let scene = Scene::scripted().ready(&[&login("anna"), &rogue()]);
    let url = scene.queue.url().to_owned();
    for spelling in [
        url.clone(),
        format!("{url}//"),
        format!("{url}?"),
        format!("{url}?a=b"),
        format!("{url}#end"),
        url.replace("000/login", "000/./login"),
        url.replace("000/login", "000/x/../login"),
        url.replace("/login", "/%6Cogin"),
        url.replace("http://", "https://"),
        url.replace("127.0.0.1", "localhost."),
        url.replace("127.0.0.1", "[::1]"),
        url.replace("127.0.0.1", "sqs.eu-central-1.amazonaws.com"),
        format!(" {url} "),
    ] {
        let drain = scene.drain().env("LOGIN_DRAIN_QUEUE_URL", &url);
        let drain = drain.flags("--rejects dead-letter").flag("--dead-letter-queue-url", &spelling);
        drain.exits(1).may_say_anything().run();
        assert_eq!(scene.server().calls().count(Action::ReceiveMessage), 0, "{spelling}");
    }
    let itself = json!({"deadLetterTargetArn": scene.server().queue_arn(QUEUE), "maxReceiveCount": 5});
    scene.queue.set_attribute("RedrivePolicy", &itself.to_string());
    scene.drain().flags("--rejects dead-letter").exits(1).complains("itself").run();
    assert_eq!(scene.server().calls().count(Action::ReceiveMessage), 0);
    assert_eq!(scene.server().calls().count(Action::SendMessage), 0);
}

#[test]
fn a_message_of_a_fair_queue_goes_to_a_standard_target_without_its_group() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    let dead_letters = scene.queue.sibling();
    scene.server().send_in_group(QUEUE, &rogue(), "tenant");
    scene.server().send_in_group(QUEUE, &login("boris"), "tenant");
    let drain =
        scene.drain().flags("--rejects dead-letter --dead-letter-queue-url").flags(dead_letters.url());
    drain.exits(3).books();
    let dead = scene.server().remaining(dead_letters.name());
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].group.as_deref(), dead[0].body.as_str()), (None, rogue().as_str()));
    assert!(scene.queue.is_empty());
}

#[test]
fn a_refused_login_is_not_sent_to_the_dead_letter_queue() {
    let scene = Scene::scripted().ready(&[&login("anna"), &login("boris"), &rogue()]);
    scene.database.run("ALTER TABLE user_logins ADD CHECK (user_id <> 'boris')");
    let dead_letters = scene.queue.sibling();
    let drain =
        scene.drain().flags("--rejects dead-letter --dead-letter-queue-url").flags(dead_letters.url());
    drain.exits(3).books();
    assert_eq!(scene.server().remaining_bodies(dead_letters.name()), [rogue()]);
    assert_eq!(scene.server().remaining_bodies(QUEUE), [login("boris")]);
}

#[test]
fn a_target_that_refuses_one_kind_of_message_fails_no_run() {
    for code in
        ["InvalidMessageContents", "InvalidParameterValue", "UnsupportedOperation", "MissingParameter"]
    {
        let scene = Scene::scripted().ready(&[&login("anna"), &rogue()]);
        let dead_letters = scene.queue.sibling();
        scene.server().fault(Fault::Code(code), When::Always(Action::SendMessage));
        for _ in 0..2 {
            let drain = scene
                .drain()
                .flags("--rejects dead-letter --dead-letter-queue-url")
                .flags(dead_letters.url());
            drain.may_say_anything().exits(3).books();
            assert_eq!(scene.server().remaining_bodies(QUEUE), [rogue()], "{code}");
            scene.server().expire_visibility(QUEUE);
        }
        assert_eq!(scene.database.count("user_logins"), 1);
    }
}

#[test]
fn one_queue_has_one_lock_however_it_is_spelt() {
    let scene = Scene::scripted().ready(&[]);
    let first =
        scene.program("drain").flags("--exclusive --wait-seconds 20").exits(4).may_say_anything().start();
    kit::wait_until("it waits", || scene.server().calls().count(Action::ReceiveMessage) > 0);
    let url = scene.queue.url().to_owned();
    for spelling in [format!("{url}/"), url.replace("000/", "000//"), format!(" {url}\n")] {
        let second = scene.drain().env("LOGIN_DRAIN_QUEUE_URL", &spelling).flags("--exclusive");
        second.complains("another run is draining this queue").run();
    }
    let by_name = scene.drain().without("LOGIN_DRAIN_QUEUE_URL").env("LOGIN_DRAIN_QUEUE_NAME", QUEUE);
    by_name.flags("--exclusive").complains("another run is draining this queue").run();
    first.terminate();
    first.wait();
}
