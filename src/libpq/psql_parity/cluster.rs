//! A PostgreSQL server of the test's own: made, started on a private port, stopped when dropped.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::certificates::Issued;
use super::file;

const ACCESS: &str = "\
local     all admin                       trust
local     all all                         scram-sha-256
hostssl   all certified      127.0.0.1/32 cert
hostnossl all certified      127.0.0.1/32 reject
hostnossl all tls_only       127.0.0.1/32 reject
hostssl   all plain_only     127.0.0.1/32 reject
host      all md5_user       127.0.0.1/32 md5
host      all cleartext_user 127.0.0.1/32 password
host      all all            127.0.0.1/32 scram-sha-256
";

const ROLES: &str = "\
CREATE ROLE drain LOGIN PASSWORD 'right';
CREATE ROLE odd LOGIN PASSWORD 'it''s @/:% \\ two';
CREATE ROLE certified LOGIN;
CREATE ROLE tls_only LOGIN PASSWORD 'right';
CREATE ROLE plain_only LOGIN PASSWORD 'right';
CREATE ROLE cleartext_user LOGIN PASSWORD 'right';
CREATE ROLE crowded LOGIN PASSWORD 'right' CONNECTION LIMIT 0;
SET password_encryption = 'md5';
CREATE ROLE md5_user LOGIN PASSWORD 'right';
CREATE DATABASE drain;
CREATE DATABASE logins;
";

pub struct Cluster {
    pub port: u16,
    /// Also the directory of the Unix socket.
    pub directory: PathBuf,
    programs: PathBuf,
    owner: Option<Owner>,
}

/// Who runs the server when the test runs as root, whom PostgreSQL refuses.
#[derive(Clone)]
struct Owner {
    name: &'static str,
    id: u32,
}

impl Cluster {
    /// With certificates: a primary with TLS. Without: a standby of nobody, without TLS.
    pub fn start(programs: &Path, directory: &Path, certificates: Option<&Issued>) -> Cluster {
        std::fs::create_dir(directory).unwrap();
        let owner = unprivileged(directory);
        let cluster =
            Cluster { port: free_port(), directory: directory.into(), programs: programs.into(), owner };
        cluster.give(directory);
        cluster.run("initdb", &["-A", "trust", "-U", "admin", "-E", "UTF8", "--locale=C", "--no-sync", "-D"]);
        cluster.configure(certificates);
        cluster.control(&["-w", "start", "-l", &cluster.path("log")]);
        cluster.create_roles();
        if certificates.is_none() {
            cluster.control(&["-w", "stop", "-m", "fast"]);
            cluster.write("database/standby.signal", "");
            cluster.control(&["-w", "start", "-l", &cluster.path("log")]);
        }
        cluster
    }

    fn configure(&self, certificates: Option<&Issued>) {
        let mut settings = format!(
            "port = {}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{}'\nfsync = off\n",
            self.port,
            self.directory.display()
        );
        if let Some(issued) = certificates {
            self.write("server.crt", &issued.server.0);
            self.write("server.key", &issued.server.1);
            self.write("root.crt", &issued.authority);
            for (key, file) in [("cert", "server.crt"), ("key", "server.key"), ("ca", "root.crt")] {
                settings += &format!("ssl_{key}_file = '{}'\n", self.path(file));
            }
            settings += "ssl = on\n";
        }
        self.write("database/postgresql.auto.conf", &settings);
        self.write("database/pg_hba.conf", ACCESS);
    }

    fn create_roles(&self) {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "admin", "-d", "postgres"]);
        psql.arg("-h").arg(&self.directory).args(["-p", &self.port.to_string(), "-f"]);
        let file = self.directory.join("roles.sql");
        std::fs::write(&file, ROLES).unwrap();
        succeed(psql.arg(file));
    }

    /// Runs a server program on the database directory, whose name ends the arguments.
    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        let mut command = match &self.owner {
            None => Command::new(program),
            Some(owner) => {
                let mut command = Command::new("runuser");
                command.args(["-u", owner.name, "--"]).arg(program);
                command
            }
        };
        succeed(command.args(arguments).arg(self.path("database")).current_dir(&self.directory));
    }

    fn control(&self, arguments: &[&str]) {
        self.run("pg_ctl", &[arguments, &["-s", "-D"]].concat());
    }

    fn write(&self, name: &str, text: &str) {
        let file = self.directory.join(name);
        file::write(&file, text, 0o600);
        self.give(&file);
    }

    fn give(&self, path: &Path) {
        if let Some(owner) = &self.owner {
            chown(path, Some(owner.id), None).unwrap();
        }
    }

    fn path(&self, name: &str) -> String {
        self.directory.join(name).display().to_string()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.directory.join("database/postmaster.pid").exists() {
            self.control(&["-w", "stop", "-m", "immediate"]);
        }
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A temporary directory is private; the server's user must get through it.
pub fn open_to_all(directory: &Path) {
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Whoever owns a new directory is who we are.
fn unprivileged(directory: &Path) -> Option<Owner> {
    if std::fs::metadata(directory).unwrap().uid() != 0 {
        return None;
    }
    let owner = ["postgres", "nobody"].into_iter().find_map(|name| {
        let output = Command::new("id").args(["-u", name]).output().unwrap();
        let id = String::from_utf8(output.stdout).unwrap().trim().parse().ok()?;
        Some(Owner { name, id })
    });
    Some(owner.expect("a user `postgres` or `nobody`, since PostgreSQL refuses to run as root"))
}

/// The server inherits what it is given, so it is given no pipe that would keep us waiting.
fn succeed(command: &mut Command) {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap();
    assert!(status.success(), "{command:?} failed: {status}");
}
