//! The tests of files that are none: a run neither waits for one, nor reads one without end, nor replaces one.

use std::os::unix::fs::{FileTypeExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use kit::{Program, Scene, login};

/// Every kind of place from which reading never ends, and a file that is too large.
fn odd_files(directory: &Path) -> Vec<PathBuf> {
    let at = |name: &str| directory.join(name);
    assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
    drop(UnixListener::bind(at("socket")).unwrap());
    symlink("/dev/zero", at("zero")).unwrap();
    std::fs::File::create(at("large")).unwrap().set_len(64 << 30).unwrap();
    vec![at("fifo"), at("socket"), at("zero"), PathBuf::from("/dev/zero"), at("large")]
}

/// Each odd file where `point` puts it ends the run with 1 and its name.
fn refused(point: impl Fn(&Scene, &str) -> Program) {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    let directory = tempfile::tempdir().unwrap();
    for file in odd_files(directory.path()) {
        let name = file.display().to_string();
        let outcome = point(&scene, &name).exits(1).complains(&name).run();
        assert!(outcome.peak_kib < 200 * 1024, "{name}: {} KiB", outcome.peak_kib);
        assert_eq!(scene.queue.visible(), 1, "{name}");
    }
}

#[test]
fn a_mask_key_is_a_regular_file() {
    refused(|scene, file| scene.drain().flags("--mask-key-file").flags(file));
    refused(|scene, file| scene.program("mask ip").env("MASK_KEY_FILE", file));
}

#[test]
fn a_file_with_the_database_url_is_regular() {
    refused(|scene, file| scene.drain().without("DATABASE_URL").env("DATABASE_URL_FILE", file));
    refused(|scene, file| scene.program("init-db").without("DATABASE_URL").env("DATABASE_URL_FILE", file));
}

#[test]
fn a_service_file_is_regular() {
    refused(|scene, file| scene.drain().env("DATABASE_URL", "service=logins").env("PGSERVICEFILE", file));
}

#[test]
fn certificates_and_their_keys_are_regular_files() {
    let url = |file: &str, key: &str| {
        format!("host=localhost sslmode=verify-ca user=drain dbname=logins {key}={file}")
    };
    refused(|scene, file| scene.drain().env("DATABASE_URL", &url(file, "sslrootcert")));
    refused(|scene, file| {
        scene.drain().env("DATABASE_URL", &url("/dev/null", "sslkey")).env("PGSSLROOTCERT", file)
    });
    refused(|scene, file| {
        let queue = "https://localhost:9/000000000000/login-queue";
        scene
            .drain()
            .env("AWS_ENDPOINT_URL_SQS", "https://localhost:9")
            .env("LOGIN_DRAIN_QUEUE_URL", queue)
            .env("SSL_CERT_FILE", file)
    });
}

/// A drain that must look for its credentials in files.
fn without_keys(scene: &Scene) -> Program {
    scene.drain().without("AWS_ACCESS_KEY_ID").without("AWS_SECRET_ACCESS_KEY")
}

#[test]
fn the_files_of_aws_are_regular() {
    refused(|scene, file| without_keys(scene).env("AWS_CONFIG_FILE", file));
    refused(|scene, file| without_keys(scene).env("AWS_SHARED_CREDENTIALS_FILE", file));
    refused(|scene, file| {
        without_keys(scene).without("AWS_REGION").env("AWS_CONFIG_FILE", file).env("AWS_REGION", "x-y-1")
    });
    refused(|scene, file| {
        let role = "arn:aws:iam::123456789012:role/drain";
        without_keys(scene).env("AWS_WEB_IDENTITY_TOKEN_FILE", file).env("AWS_ROLE_ARN", role)
    });
    refused(|scene, file| {
        without_keys(scene)
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/credentials")
            .env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file)
    });
    refused(|scene, file| {
        let text = format!(
            "[default]\nrole_arn = arn:aws:iam::123456789012:role/r\nweb_identity_token_file = {file}\n"
        );
        let config = scene.file("config", text.as_bytes(), 0o600).display().to_string();
        without_keys(scene).env("AWS_CONFIG_FILE", &config)
    });
}

#[test]
fn whoever_wants_no_profile_may_name_the_null_device() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    scene.drain().env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null").books();
    let drain = without_keys(&scene).env("AWS_CONFIG_FILE", "/dev/null").exits(1);
    drain.complains("could not find AWS credentials").run();
}

#[test]
fn a_device_a_pipe_or_a_socket_is_not_replaced_by_metrics() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    let directory = tempfile::tempdir().unwrap();
    let null = directory.path().join("null");
    // A device of the test's own, where the test may make one: nothing of the machine is put at risk.
    let made =
        Command::new("mknod").arg(&null).args(["c", "1", "3"]).stderr(std::process::Stdio::null()).status();
    let mut files = odd_files(directory.path());
    files.truncate(3);
    if made.is_ok_and(|status| status.success()) {
        files.push(null);
    }
    let stdout = directory.path().join("stdout");
    symlink("/proc/self/fd/1", &stdout).unwrap();
    files.push(stdout);
    for file in files {
        let before = std::fs::symlink_metadata(&file).unwrap().file_type();
        let drain = scene.drain().flags("--metrics-file").flags(&file.display().to_string());
        drain.exits(1).complains("could not write the metrics file").run();
        let after = std::fs::symlink_metadata(&file).unwrap().file_type();
        assert_eq!(after, before, "{file:?}");
        assert!(!after.is_file() || after.is_char_device());
    }
    assert_eq!(scene.queue.visible(), 1, "told before anything was received");
}
