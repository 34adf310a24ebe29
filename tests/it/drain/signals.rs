//! The tests of SIGTERM: the open batch is finished, the rest is given back, nothing is lost.

use std::io::Write;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use kit::{Action, Fault, Program, Running, Scene, Stage, When, login, wait_until};
use openssl::pkey::PKey;

const STOPPING: &str = "login-drain: stopping: finishing the open batch (a second signal stops at once)\n";

#[test]
fn a_signal_ends_the_run_in_good_order() {
    const SENT: usize = 3000;
    let scene = Scene::scripted().ready(&[]);
    (0..SENT).for_each(|number| drop(scene.server().send(scene.queue.name(), &login(&number.to_string()))));
    scene.server().set_latency(Duration::from_millis(20));

    let running =
        scene.drain().flags("--format json --batch-size 50").prints("").complains(STOPPING).exits(4).start();
    wait_until("rows come in", || scene.database.count("user_logins") > 0);
    running.terminate();
    let outcome = running.wait();

    assert_eq!(outcome.stderr, STOPPING, "it ended before its eight seconds were over");
    let books: serde_json::Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(books["stopped_because"], "signal");
    let stored = scene.database.count("user_logins");
    let left = scene.server().remaining_bodies(scene.queue.name()).len();
    assert_eq!((stored + left, books["inserted"].as_u64()), (SENT, Some(stored as u64)));
    assert_eq!(scene.queue.in_flight(), 0, "what was not stored is visible again at once");

    scene.server().set_latency(Duration::ZERO);
    scene.drain().books();
    assert_eq!(
        scene.database.rows("SELECT count(DISTINCT user_id), count(*) FROM user_logins"),
        ["3000|3000"]
    );
}

#[test]
fn a_signal_ends_a_long_wait_for_messages() {
    let scene = Scene::scripted().ready(&[]);
    let told = "stopped by a signal, nothing lost: 0 stored";
    let running = scene.program("drain").flags("--wait-seconds 20").prints(told).complains(STOPPING).exits(4);
    let running = running.start();
    wait_until("the program waits", || scene.server().calls().count(Action::ReceiveMessage) > 0);
    running.terminate();
    assert_eq!(running.wait().stderr, STOPPING);
}

#[test]
fn a_second_signal_ends_the_run_at_once() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    let mute = Fault::Mute(Stage::Before, Duration::from_secs(60));
    scene.server().fault(mute, When::Always(Action::DeleteMessageBatch));
    let running =
        scene.drain().exits(4).complains(STOPPING).complains("stopped at once; nothing is lost").start();
    wait_until("the row is committed", || scene.database.count("user_logins") == 1);
    running.terminate();
    // Two signals that come together may be delivered as one.
    wait_until("the first signal is heard", || running.complaints().contains(STOPPING));
    // Two signals within a second are one wish.
    std::thread::sleep(Duration::from_millis(1100));
    running.terminate();
    running.wait();
    assert_eq!(scene.server().remaining_bodies(scene.queue.name()).len(), 1);
}

#[test]
fn a_signal_ends_the_long_wait_of_a_dry_run() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    let told = "dry run, stopped by a signal: 1 would be stored";
    let running =
        scene.program("drain").flags("--dry-run --wait-seconds 20").prints(told).complains(STOPPING);
    let running = running.exits(4).start();
    wait_until("the program waits", || scene.server().calls().count(Action::ReceiveMessage) > 1);
    running.terminate();
    assert_eq!(running.wait().stderr, STOPPING, "it ended before its eight seconds were over");
    // The server still waits on the poll that was cut off, and may hide the message for it once more.
    assert_eq!(scene.server().remaining_bodies(scene.queue.name()).len(), 1);
}

/// The signals that whoever started the tests has ignored, a bit each, as nohup does: the program keeps them ignored.
fn ignored_here() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(ignored.trim(), 16).unwrap()
}

#[test]
fn every_signal_that_means_an_end_is_one_and_hiding_nothing_is_its_promise() {
    let hang_up: fn(&Running) = Running::hang_up;
    for (number, signal) in [(1, hang_up), (3, Running::quit), (2, Running::interrupt)] {
        if ignored_here() & 1 << (number - 1) != 0 {
            continue;
        }
        let scene = Scene::scripted().ready(&[]);
        let running = scene.program("drain").flags("--wait-seconds 20").prints("stopped by a signal");
        let running = running.complains(STOPPING).exits(4).start();
        wait_until("the program waits", || scene.server().calls().count(Action::ReceiveMessage) > 0);
        signal(&running);
        running.wait();
    }
}

/// Containers may be forbidden to make others.
fn may_make_process_1() -> bool {
    let tried = Command::new("unshare").args(["--pid", "--fork", "true"]).output();
    let may = tried.is_ok_and(|tried| tried.status.success());
    if !may {
        // Past the harness, which keeps the words of tests that pass.
        let _ = writeln!(
            std::io::stderr(),
            "not checked: programs as process 1, for `unshare --pid --fork` may not be run here"
        );
    }
    may
}

#[test]
fn every_command_ends_on_a_signal_as_process_1() {
    if !may_make_process_1() {
        return;
    }
    let scene = Scene::scripted();
    scene.server().fault(Fault::Mute(Stage::Before, Duration::from_secs(60)), When::Always(Action::Any));
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let database = format!("postgres://drain@{}/logins?sslmode=disable", mute.local_addr().unwrap());
    let key = PKey::generate_x25519().unwrap().private_key_to_pem_pkcs8().unwrap();
    let key = scene.file("key", &key, 0o600).display().to_string();
    for (name, program) in [
        ("drain", scene.drain()),
        ("peek", scene.peek()),
        ("init-db", scene.program("init-db")),
        ("check", scene.program("check")),
        ("status", scene.program("status")),
        ("erase", scene.program("erase --user-id anna")),
        ("erase, waiting for ids", scene.program("erase")),
        ("unseal, waiting for ids", scene.program("unseal").flag("--key", &key)),
        ("mask", scene.program("mask ip")),
    ] {
        let program = program.env("DATABASE_URL", &database).env("PATH", "/usr/bin:/bin").as_process_1();
        let running = program.with_open_input().ends_somehow().start();
        let process_1 = || running.process_1().map(|id| format!("/proc/{id}/status"));
        wait_until("the program listens", || {
            let status =
                process_1().and_then(|status| std::fs::read_to_string(status).ok()).unwrap_or_default();
            status.starts_with("Name:\tlogin-drain") && hears_all(&status)
        });
        let id = running.process_1().unwrap_or_else(|| panic!("{name} has ended by itself"));
        let killed = Command::new("/bin/kill").args(["-TERM", &id.to_string()]).status().unwrap();
        assert!(killed.success(), "{name}");
        let outcome = running.wait();
        assert_eq!(outcome.code, Some(4), "{name}: {outcome:?}");
    }
}

/// SIGHUP, SIGINT, SIGQUIT and SIGTERM, a bit each.
fn hears_all(status: &str) -> bool {
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(caught.trim(), 16).unwrap() & 0x4007 == 0x4007 & !ignored_here()
}

#[test]
fn every_command_hears_a_signal() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    let mute = || Fault::Mute(Stage::Before, Duration::from_secs(60));
    scene.server().fault(mute(), When::Always(Action::Any));
    for program in [scene.peek(), scene.drain()] {
        let before = scene.server().calls().total();
        let running = program.exits(4).complains("stopped by a signal").start();
        wait_until("the program asks", || scene.server().calls().total() > before);
        running.terminate();
        running.wait();
    }
    let running = Program::new("mask ip").with_open_input().exits(4).complains("stopped by a signal").start();
    wait_until("the program listens", || hears_all(&running.told_by_system("status")));
    running.terminate();
    running.wait();
}
