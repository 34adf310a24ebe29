//! The proof that `--exclusive` keeps a second run away for as long as the first one lives, and no longer.

use kit::{Action, Outcome, Running, Scene, wait_until};

use crate::login;

fn receives(scene: &Scene) -> u64 {
    scene.server().calls().count(Action::ReceiveMessage)
}

/// A run that holds the lock and waits for messages.
fn first_run(scene: &Scene) -> Running {
    let run =
        scene.program("drain").flags("--exclusive --wait-seconds 20").exits(4).may_say_anything().start();
    wait_until("it waits", || receives(scene) > 0);
    run
}

fn second_run(scene: &Scene, flags: &str) -> Outcome {
    scene.drain().flags("--exclusive").flags(flags).may_say_anything().run()
}

#[test]
fn a_second_run_leaves_at_once_and_without_a_failure() {
    let scene = Scene::scripted().ready(&[]);
    let first = first_run(&scene);
    let before = scene.server().calls().total();

    let second = second_run(&scene, "");
    assert_eq!(second.stdout, "");
    assert_eq!(second.stderr.lines().count(), 1, "{second:?}");
    assert!(second.stderr.contains("another run"), "{second:?}");
    let json = second_run(&scene, "--format json");
    let summary: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (summary["stopped_because"].as_str(), summary["received"].as_u64()),
        (Some("another_run"), Some(0))
    );
    let quiet = second_run(&scene, "--quiet");
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    assert_eq!(scene.server().calls().total(), before, "a run that leaves makes no call");

    first.terminate();
    first.wait();
    let before = receives(&scene);
    second_run(&scene, "");
    assert!(receives(&scene) > before, "the turn is free again");
}

#[test]
fn a_run_that_was_killed_leaves_no_lock_behind_and_another_queue_is_free() {
    let scene = Scene::scripted().ready(&[]);
    let first = first_run(&scene);
    let other_queue = scene.server().create_queue("another-queue", &[]);
    scene.server().send("another-queue", &login());
    let elsewhere = scene.drain().env("LOGIN_DRAIN_QUEUE_URL", &other_queue).flags("--exclusive");
    elsewhere.may_say_anything().run();
    assert_eq!(scene.server().counts("another-queue").deleted, 1);

    first.kill();
    let before = receives(&scene);
    // The database notices the broken connection in its own time.
    wait_until("the turn is free again", || {
        second_run(&scene, "--quiet");
        receives(&scene) > before
    });
}

#[test]
fn a_run_that_leaves_does_not_touch_the_metrics_of_the_other() {
    let scene = Scene::scripted().ready(&[]);
    let file = scene.path("login_drain.prom");
    let first = first_run(&scene);
    second_run(&scene, &format!("--quiet --metrics-file {}", file.display()));
    first.kill();
    assert!(!file.exists());
}
