//! What the tests are told of the machine (servers, programs), and names and ports that nobody else uses.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use socket2::{Domain, Socket, Type};

/// The root of the repository.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The region that scripts/with-services gives its server.
pub const REGION: &str = "eu-central-1";

pub fn sqs_endpoint() -> String {
    told("LOGIN_DRAIN_TEST_SQS_URL", "there is no server to test with: run scripts/test")
}

pub fn database_url() -> String {
    told("LOGIN_DRAIN_TEST_DATABASE_URL", "there is no server to test with: run scripts/test")
}

/// The built program; cargo tells the outer tests where it is.
pub fn login_drain() -> PathBuf {
    PathBuf::from(told(
        "CARGO_BIN_EXE_login-drain",
        "there is no program to test: run the tests through cargo",
    ))
}

/// A program of the PostgreSQL installation, as `psql` or `pg_dump`. It sees no variable, password file or
/// certificate of whoever runs the tests.
pub fn postgres_program(name: &str) -> Command {
    let folder =
        told("LOGIN_DRAIN_TEST_POSTGRES_BIN", "there is no PostgreSQL to test with: run scripts/test");
    let mut command = Command::new(Path::new(&folder).join(name));
    command.env_clear().env("HOME", "/nonexistent");
    command
}

fn told(variable: &str, otherwise: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set, so {otherwise}"))
}

/// Whether a program that some tests ask for a second opinion is here. Where it is not, that is told past the
/// test runner, which hides what a passing test says.
pub fn is_installed(program: &str) -> bool {
    let mut command = Command::new(program);
    let found = command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    if !found {
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        let _ = writeln!(std::io::stderr(), "not checked: {test} needs {program}, which is not installed");
    }
    found
}

/// A name for a queue, a schema or a role.
pub fn fresh_name(kind: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("test_{kind}_{}_{number}", std::process::id())
}

/// A port of 127.0.0.1 that refuses connections for as long as this is kept: taken, and not listened on.
pub struct ClosedPort(Socket);

impl ClosedPort {
    pub fn take() -> ClosedPort {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        ClosedPort(socket)
    }

    pub fn number(&self) -> u16 {
        self.0.local_addr().unwrap().as_socket().unwrap().port()
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.number())
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn nobody_answers_on_a_closed_port() {
        let port = ClosedPort::take();
        let refused = TcpStream::connect(("127.0.0.1", port.number())).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    }
}
