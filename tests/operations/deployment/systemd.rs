//! The rules that the systemd units must meet.

use std::path::Path;
use std::process::Command;

use kit::is_installed;

use super::text;

/// The last value of a setting, as systemd takes it.
fn setting<'a>(unit: &'a str, name: &str) -> Option<&'a str> {
    unit.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')).next_back()
}

#[test]
fn the_service_can_reach_nothing_that_it_does_not_need() {
    let unit = text("systemd/login-drain.service");
    for (name, wanted) in [
        ("Type", "oneshot"),
        ("DynamicUser", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("NoNewPrivileges", "yes"),
        ("CapabilityBoundingSet", ""),
        ("SystemCallFilter", "~@privileged"),
        // 1, 2 and 75 must stay failures.
        ("SuccessExitStatus", "3 4"),
        ("Restart", "on-failure"),
        ("RestartPreventExitStatus", "1 2 3 4"),
    ] {
        assert_eq!(setting(&unit, name), Some(wanted), "{name}");
    }
    let grace: u32 = setting(&unit, "TimeoutStopSec").unwrap().parse().unwrap();
    assert!(grace > 10, "the program takes up to 10 seconds to end in good order");
    for line in unit.lines().filter(|line| line.starts_with("LoadCredential=")) {
        let name = line.split(['=', ':']).nth(1).unwrap();
        assert!(unit.contains(&format!("=%d/{name}\n")), "nobody reads the credential {name}");
    }
}

/// What the units refer to. Those of the machine are left out of it: another package's may be broken.
const REFERRED_TO: [&str; 5] =
    ["sysinit.target", "basic.target", "shutdown.target", "network-online.target", "timers.target"];

/// `systemd-analyze` in a folder that holds every unit it can see, and no variable of ours.
fn analyze(folder: &Path) -> Command {
    let mut analyze = Command::new("systemd-analyze");
    analyze.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    analyze.env("SYSTEMD_UNIT_PATH", folder).current_dir(folder);
    analyze
}

#[test]
fn systemd_itself_finds_no_fault_with_the_units() {
    if !is_installed("systemd-analyze") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for name in REFERRED_TO {
        std::fs::write(folder.path().join(name), "[Unit]\nDefaultDependencies=no\n").unwrap();
    }
    let units = [
        "login-drain.service",
        "login-drain.timer",
        "login-drain-status.service",
        "login-drain-status.timer",
    ];
    // Named by the instance that the failed unit makes of it.
    std::fs::write(
        folder.path().join("login-drain-alert@.service"),
        text("systemd/login-drain-alert@.service")
            .replace("/usr/bin/logger", env!("CARGO_BIN_EXE_login-drain")),
    )
    .unwrap();
    let units = units.map(|name| {
        let path = folder.path().join(name);
        let program = env!("CARGO_BIN_EXE_login-drain");
        let unit = text(&format!("systemd/{name}")).replace("/usr/bin/login-drain", program);
        std::fs::write(&path, unit).unwrap();
        path
    });
    let verified = analyze(folder.path()).arg("verify").args(&units).output().unwrap();
    let told = String::from_utf8_lossy(&verified.stderr);
    assert!(verified.status.success() && told.is_empty(), "{told}");
    for service in [&units[0], &units[2]] {
        let exposed = analyze(folder.path())
            .args(["security", "--no-pager", "--offline=true", "--threshold=20"])
            .arg(service)
            .output()
            .unwrap();
        assert!(exposed.status.success(), "{}", String::from_utf8_lossy(&exposed.stdout));
    }
}

#[test]
fn a_failed_health_check_starts_the_alert() {
    let unit = text("systemd/login-drain-status.service");
    assert_eq!(setting(&unit, "OnFailure"), Some("login-drain-alert@%n.service"));
    let start = setting(&unit, "ExecStart").unwrap();
    assert_eq!(start, "/usr/bin/login-drain status --max-age 15m");
    assert_eq!(setting(&unit, "SuccessExitStatus"), None, "1 and 75 are failures");
}
