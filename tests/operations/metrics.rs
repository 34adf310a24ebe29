//! The proof that every run leaves its metrics behind, whatever its end is.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use crate::place::Place;
use crate::program::{LOGIN, Program, QUEUE, REJECT, queue_with};
use kit::sqs_server::{Action, Fault, Server, Stage, When};

/// The value of one series, by the beginning of its line.
fn value(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.rsplit(' ').next()?.parse().ok())
}

struct Scene {
    place: Place,
    server: Server,
    directory: tempfile::TempDir,
}

impl Scene {
    fn new(bodies: &[&str]) -> Scene {
        let (place, server) = (Place::new(), queue_with(bodies));
        assert_eq!(Program::new(&server, &place.url()).run("init-db").code, Some(0));
        Scene { place, server, directory: tempfile::tempdir().unwrap() }
    }

    fn program(&self) -> Program {
        Program::new(&self.server, &self.place.url())
    }

    fn flag(&self) -> String {
        format!("--metrics-file {}", self.file().display())
    }

    fn file(&self) -> Box<Path> {
        self.directory.path().join("login_drain.prom").into()
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }
}

#[test]
fn a_run_leaves_its_books_behind() {
    let scene = Scene::new(&[LOGIN, LOGIN, REJECT]);
    scene.program().drain(&scene.flag(), 3);
    let text = scene.text();
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
    let scene = Scene::new(&[LOGIN]);
    scene.program().drain(&scene.flag(), 0);
    let success = value(&scene.text(), "login_drain_last_success_timestamp_seconds");
    assert!(success.is_some());
    scene.server.fault(Fault::Code("AccessDenied"), When::Always(Action::ReceiveMessage));
    let broken_database = scene.program().with("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none");
    let broken_settings = scene.program().with("LOGIN_DRAIN_QUEUE_URL", "no-url/login-queue");
    for (program, code) in [(scene.program(), 1), (broken_database, 75), (broken_settings, 1)] {
        program.drain(&scene.flag(), code);
        let text = scene.text();
        assert_eq!(value(&text, "login_drain_last_success_timestamp_seconds"), success, "{text}");
        assert_eq!(value(&text, "login_drain_last_run_exit_code"), Some(f64::from(code)), "{text}");
        assert_eq!(value(&text, "login_drain_last_run_success"), Some(0.0), "{text}");
        assert!(value(&text, "login_drain_last_run_timestamp_seconds") > success, "{text}");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_told_before_anything_is_received() {
    let scene = Scene::new(&[LOGIN]);
    let ended = scene.program().drain("--metrics-file /absent/login_drain.prom", 1);
    assert!(ended.complained.contains("`/absent/login_drain.prom`"), "{}", ended.complained);
    assert_eq!(scene.server.calls().total(), 0);
}

#[test]
fn a_run_that_is_ended_at_once_tells_so_and_claims_no_books() {
    let scene = Scene::new(&[LOGIN]);
    let mute = Fault::Mute(Stage::After, Duration::from_secs(60));
    scene.server.fault(mute, When::Always(Action::DeleteMessageBatch));
    let mut run = scene.program().start(&format!("drain {}", scene.flag()));
    while scene.server.calls().count(Action::DeleteMessageBatch) == 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    // Two signals that come together are one.
    Program::terminate(&run);
    let mut complaints = BufReader::new(run.stderr.take().unwrap());
    complaints.read_line(&mut String::new()).unwrap();
    Program::terminate(&run);
    assert_eq!(run.wait().unwrap().code(), Some(4));
    let text = scene.text();
    assert_eq!(value(&text, "login_drain_last_run_exit_code"), Some(4.0), "{text}");
    assert_eq!(value(&text, "login_drain_last_run_received_messages"), None, "{text}");
}

#[test]
fn one_line_for_cloudwatch_comes_after_the_summary() {
    let scene = Scene::new(&[LOGIN]);
    let ended = scene.program().drain("--metrics-file - --metrics-format emf --quiet", 0);
    let line: serde_json::Value = serde_json::from_str(&ended.said).unwrap();
    assert_eq!(line["inserted_messages"], 1.0);
    assert_eq!(line["queue"], QUEUE);
    assert_eq!(ended.complained, "");
}

#[test]
fn no_secret_and_no_personal_value_is_in_the_metrics() {
    let scene = Scene::new(&[LOGIN, REJECT]);
    let url = scene.server.queue_url(QUEUE).replace("http://", "http://somebody:hidden@");
    scene
        .program()
        .with("LOGIN_DRAIN_QUEUE_URL", &(url + "?token=hidden"))
        .run(&format!("drain {}", scene.flag()));
    let text = scene.text();
    for secret in ["hidden", "somebody", "127.0.0.1", "424cdd21", "199.172", "593-47"] {
        assert!(!text.contains(secret), "{secret}\n{text}");
    }
    assert!(text.contains("{queue=\"login-queue\"}"), "{text}");
}
