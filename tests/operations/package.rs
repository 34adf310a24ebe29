//! The Debian package, installed into a root of its own, and the RPM's list of files beside it.

use std::fs;
use std::path::Path;
use std::process::Command;

use kit::is_installed;
use serde_json::Value;

fn must(command: &mut Command) -> String {
    let told = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let words = [told.stdout, told.stderr].map(|words| String::from_utf8_lossy(&words).into_owned());
    assert!(told.status.success(), "{command:?}:\n{}{}", words[0], words[1]);
    words[0].clone()
}

/// The package with the program under test, which is made without compressing it.
fn package(folder: &Path) -> String {
    let mut package = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/package"));
    package.args(["--program", env!("CARGO_BIN_EXE_login-drain"), "deb", "--into"]).arg(folder);
    must(package.env("DPKG_DEB_COMPRESSOR_TYPE", "none")).trim().to_owned()
}

/// An installation of nothing, for dpkg.
fn empty_root(root: &Path) {
    for folder in ["info", "updates", "triggers"] {
        fs::create_dir_all(root.join("var/lib/dpkg").join(folder)).unwrap();
    }
    for file in ["status", "available"] {
        fs::write(root.join("var/lib/dpkg").join(file), "").unwrap();
    }
}

#[test]
fn the_debian_package_brings_the_program_its_manual_page_and_its_units() {
    if !["dpkg", "dpkg-deb", "dpkg-shlibdeps", "strip"].into_iter().all(is_installed) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (made, root) = (package(folder.path()), folder.path().join("root"));
    empty_root(&root);
    // What it depends on is on this machine, not in that root.
    let mut dpkg = Command::new("dpkg");
    dpkg.arg(format!("--root={}", root.display())).arg("--log=/dev/null");
    must(dpkg.args(["--force-depends", "--force-not-root", "--force-bad-path", "--install", &made]));

    let version = must(Command::new(root.join("usr/bin/login-drain")).arg("--version"));
    assert!(version.starts_with(concat!("login-drain ", env!("CARGO_PKG_VERSION"))), "{version}");
    let page = must(Command::new("gzip").arg("-dc").arg(root.join("usr/share/man/man1/login-drain.1.gz")));
    assert!(page.contains(".TH login-drain 1"), "{page}");
    if is_installed("man") {
        let pages = format!("--manpath={}", root.join("usr/share/man").display());
        assert!(must(Command::new("man").args([&pages, "-w", "login-drain"])).contains("login-drain.1.gz"));
    }
    let unit = fs::read_to_string(root.join("usr/lib/systemd/system/login-drain.service")).unwrap();
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let program = start.split(' ').next().unwrap();
    assert!(root.join(program.trim_start_matches('/')).is_file(), "the unit starts {program}");
    for file in [
        "usr/lib/systemd/system/login-drain.timer",
        "usr/share/bash-completion/completions/login-drain",
        "usr/share/zsh/vendor-completions/_login-drain",
        "usr/share/fish/vendor_completions.d/login-drain.fish",
        "usr/share/doc/login-drain/copyright",
        "usr/share/doc/login-drain/LICENSE-MIT",
        "usr/share/doc/login-drain/LICENSE-APACHE",
        "usr/share/doc/login-drain/sql/grants.sql",
    ] {
        assert!(root.join(file).is_file(), "{file}");
    }
    let needs = must(Command::new("dpkg-deb").args(["--field", &made, "Depends"]));
    assert!(needs.contains("libssl") && needs.contains("ca-certificates"), "{needs}");
}

#[test]
fn both_kinds_of_package_hold_the_same_files() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--format-version", "1", "--no-deps", "--locked"]);
    let described: Value =
        serde_json::from_str(&must(cargo.current_dir(env!("CARGO_MANIFEST_DIR")))).unwrap();
    let packages = described["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "login-drain").unwrap();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    let deb = package["metadata"]["deb"]["assets"].as_array().unwrap().iter();
    let deb: Vec<[String; 3]> = deb.map(|entry| [0, 1, 2].map(|at| word(&entry[at]))).collect();
    let rpm = package["metadata"]["generate-rpm"]["assets"].as_array().unwrap().iter();
    let rpm: Vec<[String; 3]> = rpm
        .map(|entry| {
            // Fedora's zsh looks elsewhere than Debian's.
            let target = word(&entry["dest"]).replace("zsh/site-functions", "zsh/vendor-completions");
            [word(&entry["source"]), target.trim_start_matches('/').to_owned(), word(&entry["mode"])]
        })
        .collect();
    assert_eq!(deb, rpm);
}
