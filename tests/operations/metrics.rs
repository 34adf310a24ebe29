//! The proof that every run leaves its metrics behind, whatever its end is.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use kit::{Action, ClosedPort, Fault, QUEUE, Scene, Stage, When, is_installed, wait_until};

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

/// Takes requests, answers each with this status, and hands them over.
fn taker(status: &'static str) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
            let mut request = Vec::new();
            let _ = stream.read_to_end(&mut request);
            let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = tell.send(String::from_utf8(request).unwrap());
        }
    });
    (url, told)
}

#[test]
fn a_run_sends_the_text_of_its_file_and_a_failed_one_too() {
    let scene = Scene::scripted().ready(&[&login(), &reject()]);
    let (url, told) = taker("202 Accepted");
    let drain = || scene.drain().env("LOGIN_DRAIN_METRICS_PUSH_URL", &url).flags(&flag(&scene));
    drain().exits(3).may_say_anything().run();
    let request = told.recv().unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /metrics/job/login_drain/queue/login-queue HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains("content-type: text/plain; version=0.0.4"), "{head}");
    assert_eq!(body, text(&scene));
    drain().env("LOGIN_DRAIN_BATCH_SIZE", "0").exits(1).complains("LOGIN_DRAIN_BATCH_SIZE").run();
    let request = told.recv().unwrap();
    assert_eq!(value(&request, "login_drain_last_run_exit_code"), Some(1.0), "{request}");
}

#[test]
fn a_failed_push_is_told_and_changes_nothing() {
    let scene = Scene::scripted().ready(&[&login()]);
    let (refusing, _told) = taker("503 Service Unavailable");
    let host = refusing.strip_prefix("http://").unwrap();
    let told =
        format!("could not push the metrics to {host}: it answered HTTP 503; the run is not changed by it");
    let url = format!("{refusing}/take?token=hunter2");
    scene.drain().flags("--metrics-push-url").flags(&url).prints("1 stored").complains(&told).run();
    let nobody = ClosedPort::take();
    let told = format!("could not push the metrics to 127.0.0.1:{}: ", nobody.number());
    scene.drain().flags("--metrics-push-url").flags(&nobody.url()).prints("drained").complains(&told).run();
    let counts = scene.server().calls().total();
    let wrong = scene.drain().flags("--metrics-push-url gateway:9091");
    wrong.fails_with(1, "could not use --metrics-push-url: it must begin with http:// or https://");
    assert_eq!(scene.server().calls().total(), counts);
    scene
        .drain()
        .flags("--dry-run --metrics-push-url http://x")
        .exits(2)
        .complains("cannot be used with")
        .run();
    let check = |url: &str| scene.program("check").env("LOGIN_DRAIN_METRICS_PUSH_URL", url);
    check(&refusing).prints("ok            metrics      somebody answers where they are pushed to").run();
    check(&nobody.url()).prints("warning       metrics      could not reach 127.0.0.1:").run();
    check("gateway").prints("problem       metrics      could not use --metrics-push-url").exits(1).run();
}

#[test]
fn a_pushgateway_keeps_the_metrics_of_each_queue_and_the_last_success() {
    if !is_installed("prometheus-pushgateway") {
        return;
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut gateway = Command::new("prometheus-pushgateway")
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_until("the gateway listens", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    let shown = || {
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        write!(stream, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    };
    let scene = Scene::scripted().ready(&[&login()]);
    let other = scene.server().create_queue("other-queue", &[]);
    let url = format!("http://127.0.0.1:{port}");
    let drain = || scene.drain().env("LOGIN_DRAIN_METRICS_PUSH_URL", &url);
    drain().flags("--quiet").run();
    drain().env("LOGIN_DRAIN_QUEUE_URL", &other).flags("--quiet").run();
    scene.server().fault(Fault::Code("AccessDenied"), When::Always(Action::ReceiveMessage));
    drain().exits(1).may_say_anything().run();
    let text = shown();
    gateway.kill().unwrap();
    gateway.wait().unwrap();
    let of = |metric: &str, queue: &str| {
        let start = format!("login_drain_{metric}{{instance=\"\",job=\"login_drain\",queue=\"{queue}\"}}");
        value(&text, &start)
    };
    assert_eq!(of("last_run_exit_code", "login-queue"), Some(1.0), "{text}");
    assert_eq!(of("last_run_exit_code", "other-queue"), Some(0.0), "{text}");
    for queue in ["login-queue", "other-queue"] {
        assert!(of("last_success_timestamp_seconds", queue).is_some(), "{queue}\n{text}");
    }
}
