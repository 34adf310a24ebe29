//! A PostgreSQL server of one test's own, which asks for passwords and can be stopped.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::{Command, Stdio};

use super::surroundings::postgres_program;

/// Of the only user, `postgres`. No output may hold it.
pub const RIGHT: &str = "cluster-password-marker";

pub struct Cluster {
    pub port: u16,
    directory: tempfile::TempDir,
    owner: Option<u32>,
}

impl Cluster {
    pub fn start() -> Cluster {
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let cluster = Cluster { port, owner: unprivileged(directory.path()), directory };
        std::fs::set_permissions(cluster.path(""), std::fs::Permissions::from_mode(0o755)).unwrap();
        cluster.write("password", RIGHT);
        let database = cluster.path("database");
        let password = format!("--pwfile={}", cluster.path("password"));
        std::fs::create_dir(&database).unwrap();
        cluster.give(&database);
        cluster.run(
            "initdb",
            &["-A", "scram-sha-256", "-U", "postgres", "--no-sync", &password, "-D", &database],
        );
        let options = format!("-h 127.0.0.1 -p {port} -c unix_socket_directories='' -c fsync=off");
        let log = format!("{database}/log");
        cluster.run("pg_ctl", &["-s", "-w", "start", "-o", &options, "-l", &log, "-D", &database]);
        cluster
    }

    pub fn url(&self, password: &str) -> String {
        format!("postgres://postgres:{password}@127.0.0.1:{}/postgres", self.port)
    }

    pub fn right_url(&self) -> String {
        self.url(RIGHT)
    }

    pub fn stop(&self) {
        self.run("pg_ctl", &["-s", "-w", "stop", "-m", "immediate", "-D", &self.path("database")]);
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
        self.give(&self.path(name));
    }

    fn give(&self, path: &str) {
        if let Some(owner) = self.owner {
            chown(path, Some(owner), None).unwrap();
        }
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let program = postgres_program(program);
        let mut command = match self.owner {
            None => Command::new(program),
            Some(_) => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(program);
                command
            }
        };
        // The server inherits what it is given, so it is given no pipe that would keep us waiting.
        command.args(arguments).current_dir(self.directory.path());
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap();
        assert!(status.success(), "{command:?} failed: {status}");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if Path::new(&self.path("database/postmaster.pid")).exists() {
            self.stop();
        }
    }
}

/// Whoever owns a new directory is who we are; root must become the user `postgres`.
fn unprivileged(directory: &Path) -> Option<u32> {
    if std::fs::metadata(directory).unwrap().uid() != 0 {
        return None;
    }
    let output = Command::new("id").args(["-u", "postgres"]).output().unwrap();
    Some(String::from_utf8(output.stdout).unwrap().trim().parse().expect("a user `postgres`"))
}
