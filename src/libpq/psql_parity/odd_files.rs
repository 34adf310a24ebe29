//! The check that a file which is none, or which nobody may look for, neither hangs nor fails without a word.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use super::certificates;
use super::world::resolve;

/// Each row: the setting of the file, and what else is set.
const NAMED: &[(&str, &str)] = &[
    ("sslrootcert or PGSSLROOTCERT", "PGSSLROOTCERT={odd}"),
    ("sslcert or PGSSLCERT", "PGSSLCERT={odd}"),
    ("sslkey or PGSSLKEY", "PGSSLCERT={files}/client.crt PGSSLKEY={odd}"),
    ("PGSERVICEFILE", "PGSERVICE=logins PGSERVICEFILE={odd}"),
    ("PGSYSCONFDIR", "PGSERVICE=logins PGSYSCONFDIR={files}/system"),
    ("passfile or PGPASSFILE", "PGPASSFILE={odd}"),
    ("sslrootcert or PGSSLROOTCERT", "HOME={files}/home"),
];

fn environment(words: &str, files: &Path, odd: &Path) -> BTreeMap<String, String> {
    let fill = |text: &str| {
        text.replace("{odd}", &odd.display().to_string()).replace("{files}", &files.display().to_string())
    };
    let words = words.split_whitespace().map(|word| word.split_once('=').unwrap());
    words.map(|(key, value)| (key.to_string(), fill(value))).collect()
}

#[test]
fn a_file_that_is_none_is_told_by_name_and_setting_and_never_waited_for() {
    let files = tempfile::tempdir().unwrap();
    certificates::issue_all(files.path());
    let at = |name: &str| files.path().join(name);
    assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
    std::fs::write(at("large"), vec![b'x'; (1 << 20) + 1]).unwrap();
    for (odd, cause) in [
        (at("fifo"), "not a regular file"),
        ("/dev/zero".into(), "not a regular file"),
        (at("large"), "1 MiB"),
    ] {
        for usual in ["system/pg_service.conf", "home/.postgresql/root.crt"] {
            let _ = std::fs::remove_file(at(usual));
            std::fs::create_dir_all(at(usual).parent().unwrap()).unwrap();
            symlink(&odd, at(usual)).unwrap();
        }
        for (setting, words) in NAMED {
            let target = resolve("host=h user=u", &environment(words, files.path(), &odd));
            // A password file does not matter enough to stop, as in libpq.
            let text = target.map_or_else(|error| error.text, |target| target.warnings().concat());
            assert!(text.contains(&format!("({setting})")) && text.contains(cause), "{words}: {text}");
        }
    }
}

#[test]
fn a_home_that_cannot_be_looked_into_holds_no_file() {
    let files = tempfile::tempdir().unwrap();
    // Stands for a home of another user's, which a test that runs as root could look into.
    symlink("home", files.path().join("home")).unwrap();
    let environment = environment("HOME={files}/home PGSYSCONFDIR={files}/home", files.path(), Path::new(""));
    assert_eq!(resolve("host=h user=u", &environment).unwrap().warnings(), [""; 0]);
    let text = resolve("host=h user=u sslmode=verify-full", &environment).unwrap_err().text;
    assert!(text.contains("does not exist"), "{text}");
    let text = resolve("service=logins", &environment).unwrap_err().text;
    assert!(text.contains("could not find the connection service"), "{text}");
}
