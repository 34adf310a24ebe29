//! The scene of a test: a queue and a database schema of its own, and the program set up to use both.
//!
//! ```ignore
//! let scene = Scene::new();
//! scene.init_db();
//! scene.queue.send(&[&login("anna"), "rogue"]);
//! let books = scene.drain().exits(3).books();
//! assert_eq!(books["inserted"], 1);
//! ```

mod bodies;
mod cluster;
mod database;
mod program;
mod queue;
mod surroundings;
mod tls;

use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use crate::sqs_server::{Action, Ending, Fault, Server, Stage, When};
pub use bodies::{Made, login, login_with, made_up_events, rogue};
pub use cluster::Cluster;
pub use database::Database;
pub use program::{Outcome, Program};
pub use queue::Queue;
pub use surroundings::{REGION, postgres_program};
pub use tls::acceptor;

/// Everything one test has for itself. Nothing of it is seen by another test.
pub struct Scene {
    pub queue: Queue,
    pub database: Database,
    /// Our own in-memory server, where the test scripts faults or counts calls.
    pub server: Option<Server>,
    home: tempfile::TempDir,
}

impl Scene {
    /// On the real SQS-compatible server.
    pub fn new() -> Scene {
        Scene::with_queue(&[])
    }

    /// On the real SQS-compatible server, with queue attributes as AWS names them.
    pub fn with_queue(attributes: &[(&str, &str)]) -> Scene {
        Scene::on(Queue::create(&surroundings::sqs_endpoint(), attributes), None)
    }

    /// On an in-memory server of the test's own, which can be told to misbehave and counts its calls.
    pub fn scripted() -> Scene {
        let server = Server::start(crate::sqs_server::Options::default());
        Scene::on(Queue::create(server.url(), &[]), Some(server))
    }

    fn on(queue: Queue, server: Option<Server>) -> Scene {
        Scene { queue, database: Database::fresh(), server, home: tempfile::tempdir().unwrap() }
    }

    /// The scripted server; the scene must be `Scene::scripted()`.
    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("a scene on a scripted server")
    }

    /// `login-drain COMMAND`, set up by environment variables alone; it sees none of ours.
    pub fn program(&self, command: &str) -> Program {
        Program::new(command)
            .env("HOME", &self.home.path().display().to_string())
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local-secret-marker")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_REGION", REGION)
            .env("AWS_ENDPOINT_URL_SQS", self.queue.endpoint())
            .env("LOGIN_DRAIN_QUEUE_URL", self.queue.url())
            .env("DATABASE_URL", &self.database.url())
    }

    /// A drain that does not wait for an empty queue to stay empty; every other setting is the default.
    pub fn drain(&self) -> Program {
        self.program("drain").flags("--wait-seconds 0")
    }

    pub fn peek(&self) -> Program {
        self.program("peek")
    }

    /// Makes the tables.
    pub fn init_db(&self) {
        self.program("init-db").prints("are ready on").run();
    }

    /// Makes the tables and fills the queue.
    pub fn ready(self, bodies: &[&str]) -> Scene {
        self.init_db();
        self.queue.send(bodies);
        self
    }

    /// A private file with this text.
    pub fn file(&self, name: &str, text: &[u8], mode: u32) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

/// Waits until something is so. The time is a limit for broken programs, not an expectation.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < limit, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
