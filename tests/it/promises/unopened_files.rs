//! The tests of files that are not needed, and so not opened: each is a pipe, on which whoever opens it waits for ever.

use std::path::{Path, PathBuf};
use std::process::Command;

use kit::Program;

fn pipe(directory: &Path, name: &str) -> PathBuf {
    let path = directory.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    path
}

#[test]
fn a_program_that_tells_of_itself_opens_nothing_that_its_settings_name() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| pipe(home.path(), name).display().to_string();
    for name in [".aws/credentials", ".pgpass", ".pg_service.conf", ".postgresql/root.crt"] {
        at(name);
    }
    let config = at(".aws/config");
    let pipe = at("pipe");
    for command in ["--version", "--help", "drain --help", "completions bash", "man"] {
        let program = Program::new(command).env("HOME", &home.path().display().to_string());
        let variables = [
            "AWS_CA_BUNDLE",
            "DATABASE_URL_FILE",
            "LOGIN_DRAIN_SEAL_TO",
            "MASK_KEY_FILE",
            "OPENSSL_CONF",
            "PGPASSFILE",
            "PGSERVICEFILE",
            "PGSSLROOTCERT",
            "SSL_CERT_FILE",
        ];
        let program = variables.iter().fold(program, |program, name| program.env(name, &pipe));
        program.env("AWS_CONFIG_FILE", &config).prints("login").run();
    }
}
