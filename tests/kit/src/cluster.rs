//! A PostgreSQL server of one test's own, which asks for passwords and can be stopped.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;

use super::surroundings::postgres_program;

/// Of the only user, `postgres`. No output may hold it.
pub const RIGHT: &str = "cluster-password-marker";

pub struct Cluster {
    pub port: u16,
    directory: tempfile::TempDir,
    /// Who runs the server, where we are root: it refuses to be.
    owner: Option<Account>,
}

#[derive(Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

impl Cluster {
    pub fn start() -> Cluster {
        let cluster = Cluster::empty();
        cluster.write("password", RIGHT);
        let database = cluster.path("database");
        let password = format!("--pwfile={}", cluster.path("password"));
        let settings =
            ["-A", "scram-sha-256", "-U", "postgres", "--locale=C", "--encoding=UTF8", "--no-sync"];
        cluster.run("initdb", &[&settings[..], &[&password, "-D", &database]].concat());
        cluster.on_a_free_port()
    }

    /// A running copy of this server that goes on with whatever is committed here.
    pub fn standby(&self) -> Cluster {
        let standby = Cluster::empty();
        let copy = ["-d", &self.right_url(), "-D", &standby.path("database"), "-R", "-c", "fast", "-N"];
        standby.run("pg_basebackup", &copy);
        standby.on_a_free_port()
    }

    fn empty() -> Cluster {
        let directory = tempfile::tempdir().unwrap();
        let cluster = Cluster { port: 0, owner: unprivileged(directory.path()), directory };
        fs::set_permissions(cluster.path(""), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(cluster.path("database")).unwrap();
        fs::set_permissions(cluster.path("database"), fs::Permissions::from_mode(0o700)).unwrap();
        cluster.give(&cluster.path("database"));
        cluster
    }

    /// Starts the server for the first time. Between a look and the start somebody else may take the port.
    fn on_a_free_port(mut self) -> Cluster {
        for _ in 0..5 {
            self.port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            if self.starts() {
                return self;
            }
        }
        panic!("the server does not start: {}", self.log());
    }

    /// Starts the server again after `stop`.
    pub fn go_on(&self) {
        assert!(self.starts(), "the server does not start again: {}", self.log());
    }

    fn starts(&self) -> bool {
        let (database, log) = (self.path("database"), self.path("database/log"));
        let options = format!("-h 127.0.0.1 -p {} -c unix_socket_directories='' -c fsync=off", self.port);
        self.done("pg_ctl", &["-s", "-w", "start", "-o", &options, "-l", &log, "-D", &database])
    }

    /// Makes a server of its own of a standby.
    pub fn promote(&self) {
        self.run("pg_ctl", &["-s", "-w", "promote", "-D", &self.path("database")]);
    }

    pub fn url(&self, password: &str) -> String {
        format!("postgres://postgres:{password}@127.0.0.1:{}/postgres", self.port)
    }

    pub fn right_url(&self) -> String {
        self.url(RIGHT)
    }

    /// What the server has logged, by its own defaults.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path("database/log")).unwrap()
    }

    /// Runs statements, one at a time.
    pub fn run_each(&self, statements: &[&str]) {
        let mut client = postgres::Client::connect(&self.right_url(), postgres::NoTls).unwrap();
        statements.iter().for_each(|sql| client.batch_execute(sql).unwrap());
    }

    /// The first column of the only row.
    pub fn number(&self, sql: &str) -> i64 {
        let mut client = postgres::Client::connect(&self.right_url(), postgres::NoTls).unwrap();
        client.query_one(sql, &[]).unwrap().get(0)
    }

    /// The first column of each row, as text.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        let mut client = postgres::Client::connect(&self.right_url(), postgres::NoTls).unwrap();
        client.query(sql, &[]).unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// At once, as a machine that loses its power.
    pub fn stop(&self) {
        self.run("pg_ctl", &["-s", "-w", "stop", "-m", "immediate", "-D", &self.path("database")]);
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        self.give(&self.path(name));
    }

    fn give(&self, path: &str) {
        if let Some(owner) = self.owner {
            chown(path, Some(owner.user), Some(owner.group)).unwrap();
        }
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        assert!(self.done(program, arguments), "{program} {arguments:?} failed");
    }

    fn done(&self, program: &str, arguments: &[&str]) -> bool {
        let mut command = postgres_program(program);
        if let Some(owner) = self.owner {
            command.uid(owner.user).gid(owner.group);
        }
        // The server inherits what it is given, so it is given no pipe that would keep us waiting.
        command.args(arguments).current_dir(self.directory.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap().success()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if Path::new(&self.path("database/postmaster.pid")).exists() {
            self.stop();
        }
    }
}

/// Whoever owns a new directory is who we are; root must become `postgres`, or `nobody` where that is missing.
fn unprivileged(directory: &Path) -> Option<Account> {
    if fs::metadata(directory).unwrap().uid() != 0 {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").unwrap();
    let account = |name: &str| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map_while(|number| number.parse().ok());
        Some(Account { user: numbers.next()?, group: numbers.next()? })
    };
    Some(account("postgres").or_else(|| account("nobody")).expect("an account for the server"))
}
