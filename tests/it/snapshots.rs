//! The screens that people read often: they change on purpose or not at all.
//!
//! `LOGIN_DRAIN_UPDATE_SNAPSHOTS=1 scripts/test snapshots` writes them anew; read the difference before you commit it.

use std::path::Path;

use kit::Program;

fn compare(name: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots").join(name);
    if std::env::var_os("LOGIN_DRAIN_UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&file, text).unwrap();
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(text, expected, "{name} has changed; the header of this file says how to take the new one");
}

#[test]
fn the_help_of_each_command() {
    for command in ["", "drain", "peek", "init-db", "check", "status", "erase", "unseal", "mask"] {
        let help = Program::new(&format!("{command} --help")).prints("Usage: login-drain").run().stdout;
        let name = if command.is_empty() { "program" } else { command };
        compare(&format!("{name}-help.txt"), &help);
    }
}

#[test]
fn the_sql_that_init_db_would_run() {
    compare("init-db-print.txt", &Program::new("init-db --print").prints("CREATE TABLE").run().stdout);
}
