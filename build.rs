//! The version text: the package's version and, where it can be told, the commit.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=LOGIN_DRAIN_COMMIT");
    println!("cargo::rerun-if-changed=.git/HEAD");
    println!("cargo::rerun-if-changed=.git/refs/heads");
    println!("cargo::rerun-if-changed=build.rs");
    let version = env!("CARGO_PKG_VERSION");
    // An image is built without .git, so the commit may be passed in.
    let commit = std::env::var("LOGIN_DRAIN_COMMIT").ok().or_else(commit_of_checkout);
    match commit.filter(|commit| !commit.is_empty()) {
        Some(commit) => println!("cargo::rustc-env=LOGIN_DRAIN_VERSION={version} ({commit})"),
        None => println!("cargo::rustc-env=LOGIN_DRAIN_VERSION={version}"),
    }
}

fn commit_of_checkout() -> Option<String> {
    let output = Command::new("git").args(["rev-parse", "--short=9", "HEAD"]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
