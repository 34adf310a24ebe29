//! The rules that the Compose file must meet, and its loop at work.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use kit::{Scene, wait_until};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{at, strings, yaml};
use crate::login;

fn services() -> Value {
    at(&yaml("../../docker-compose.yml"), "/services").clone()
}

#[test]
fn every_image_is_pinned_by_version_and_up_needs_no_second_command() {
    let services = services();
    for (name, service) in services.as_object().unwrap() {
        let image = service["image"].as_str().unwrap();
        let (image, digest) =
            image.split_once("@sha256:").map_or((image, None), |(image, hex)| (image, Some(hex)));
        let (_, version) = image.rsplit_once(':').unwrap();
        let is_ours = service.get("build").is_some();
        let exact = version.split(['.', '-']).filter(|part| part.parse::<u32>().is_ok()).count() >= 2;
        assert!(is_ours || exact, "{name}: {version}");
        // Of the SQS-compatible server none was to be had.
        let whole = digest.is_some_and(|hex| hex.len() == 64);
        assert!(is_ours || whole || image.starts_with("ministackorg/"), "{name}: {digest:?}");
    }
    let waits_for = at(&services, "/every-minute/depends_on");
    for once in ["tables", "events"] {
        assert_eq!(at(waits_for, &format!("/{once}/condition")), "service_completed_successfully");
    }
    assert_eq!(strings(at(&services, "/tables/command")), ["init-db"]);
    assert_eq!(
        strings(at(&services, "/login-drain/profiles")),
        ["by-hand"],
        "`up` would start a third drain"
    );
    assert!(at(&services, "/login-drain").get("entrypoint").is_none(), "`run` gives the program its words");
    let needed = at(&services, "/login-drain/depends_on").as_object().unwrap();
    assert!(
        needed.values().all(|need| need["condition"] == "service_healthy"),
        "`run` would send logins again"
    );
}

#[test]
fn the_loop_drains_at_once_says_so_and_ends_with_a_signal() {
    let scene = Scene::scripted().ready(&[&login()]);
    let services = services();
    let entry = strings(at(&services, "/every-minute/entrypoint"));
    // Compose reads `$$` as the `$` of the shell.
    let script = at(&services, "/every-minute/command/0").as_str().unwrap().replace("$$", "$");
    let log = scene.path("log");
    let programs = Path::new(env!("CARGO_BIN_EXE_login-drain")).parent().unwrap();
    let mut shell = Command::new(entry[0]);
    shell.args(&entry[1..]).arg(script).stdin(Stdio::null()).process_group(0);
    shell.env_clear().env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
    for (name, value) in [
        ("AWS_ENDPOINT_URL_SQS", scene.queue.endpoint()),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("DATABASE_URL", &scene.database.url()),
    ] {
        shell.env(name, value);
    }
    let sink = std::fs::File::create(&log).unwrap();
    let mut shell = shell.stdout(sink.try_clone().unwrap()).stderr(sink).spawn().unwrap();
    let said = format!("drained: 1 stored in {}, queue empty", scene.table());
    wait_until("the first drain has said what it did", || {
        std::fs::read_to_string(&log).unwrap().contains(&said)
    });
    kill_process(Pid::from_child(&shell), Signal::TERM).unwrap();
    wait_until("the loop has ended", || shell.try_wait().unwrap().is_some());
}
