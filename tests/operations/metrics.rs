//! The proof that every run leaves its metrics behind, whatever its end is.

use std::time::Duration;

use kit::{Action, ClosedPort, Fault, QUEUE, Scene, Stage, When, wait_until};

use crate::{login, reject};

/// The value of one series, by the beginning of its line.
fn value(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.rsplit(' ').next()?.parse().ok())
}

fn flag(scene: &Scene) -> String {
    format!("--metrics-file {}", scene.path("login_drain.prom").display())
}

/// What the last run left.
fn text(scene: &Scene) -> String {
    std::fs::read_to_string(scene.path("login_drain.prom")).unwrap()
}

#[test]
fn a_run_leaves_its_books_behind() {
    let scene = Scene::scripted().ready(&[&login(), &login(), &reject()]);
    scene.drain().flags(&flag(&scene)).exits(3).may_say_anything().run();
    let text = text(&scene);
    for (series, wanted) in [
        ("login_drain_last_run_received_messages{queue=\"login-queue\"}", 3.0),
        ("login_drain_last_run_inserted_messages{", 2.0),
        ("login_drain_last_run_rejected_messages{queue=\"login-queue\",reason=\"bad_version\"}", 1.0),
        ("login_drain_last_run_deleted_messages{", 3.0),
        ("login_drain_last_run_exit_code{", 3.0),
        ("login_drain_last_run_success{", 1.0),
        ("login_drain_queue_visible_messages{", 0.0),
    ] {
        assert_eq!(value(&text, series), Some(wanted), "{series}\n{text}");
    }
}

#[test]
fn a_run_that_fails_tells_so_and_keeps_the_time_of_the_last_success() {
    let scene = Scene::scripted().ready(&[&login()]);
    scene.drain().flags(&flag(&scene)).may_say_anything().run();
    let success = value(&text(&scene), "login_drain_last_success_timestamp_seconds");
    assert!(success.is_some());
    scene.server().fault(Fault::Code("AccessDenied"), When::Always(Action::ReceiveMessage));
    let nobody = ClosedPort::take();
    let nowhere = format!("postgres://nobody@127.0.0.1:{}/none", nobody.number());
    let broken_database = scene.drain().env("DATABASE_URL", &nowhere);
    let broken_settings = scene.drain().env("LOGIN_DRAIN_QUEUE_URL", "no-url/login-queue");
    for (drain, code) in [(scene.drain(), 1), (broken_database, 75), (broken_settings, 1)] {
        drain.flags(&flag(&scene)).exits(code).may_say_anything().run();
        let text = text(&scene);
        assert_eq!(value(&text, "login_drain_last_success_timestamp_seconds"), success, "{text}");
        assert_eq!(value(&text, "login_drain_last_run_exit_code"), Some(f64::from(code)), "{text}");
        assert_eq!(value(&text, "login_drain_last_run_success"), Some(0.0), "{text}");
        assert!(value(&text, "login_drain_last_run_timestamp_seconds") > success, "{text}");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_is_received() {
    let scene = Scene::scripted().ready(&[&login()]);
    let before = scene.server().calls().total();
    let drain = scene.drain().flags("--metrics-file /absent/login_drain.prom").exits(1);
    drain.complains("`/absent/login_drain.prom`").run();
    assert_eq!(scene.server().calls().total(), before);
}

#[test]
fn a_run_that_is_ended_at_once_tells_so_and_claims_no_books() {
    let scene = Scene::scripted().ready(&[&login()]);
    let mute = Fault::Mute(Stage::After, Duration::from_secs(60));
    scene.server().fault(mute, When::Always(Action::DeleteMessageBatch));
    let run = scene.program("drain").flags(&flag(&scene)).exits(4).may_say_anything().start();
    wait_until("it deletes", || scene.server().calls().count(Action::DeleteMessageBatch) > 0);
    // Two signals that come together are one.
    run.terminate();
    wait_until("the first signal is heard", || run.complaints().ends_with('\n'));
    run.terminate();
    run.wait();
    let text = text(&scene);
    assert_eq!(value(&text, "login_drain_last_run_exit_code"), Some(4.0), "{text}");
    assert_eq!(value(&text, "login_drain_last_run_received_messages"), None, "{text}");
}

#[test]
fn one_line_for_cloudwatch_comes_after_the_summary() {
    let scene = Scene::scripted().ready(&[&login()]);
    let ended = scene.drain().flags("--metrics-file - --metrics-format emf --quiet").prints("").run();
    let line: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(line["inserted_messages"], 1.0);
    assert_eq!(line["queue"], QUEUE);
}

#[test]
fn no_secret_and_no_personal_value_is_in_the_metrics() {
    let scene = Scene::scripted().ready(&[&login(), &reject()]);
    let url = scene.queue.url().replace("http://", "http://somebody:hidden@");
    let drain = scene.program("drain").env("LOGIN_DRAIN_QUEUE_URL", &(url + "?token=hidden"));
    drain.flags(&flag(&scene)).ends_somehow().run();
    let text = text(&scene);
    for secret in ["hidden", "somebody", "127.0.0.1", "424cdd21", "199.172", "593-47"] {
        assert!(!text.contains(secret), "{secret}\n{text}");
    }
    assert!(text.contains("{queue=\"login-queue\"}"), "{text}");
}
