//! The scene of a test: a queue and a database schema of its own, and the program set up to use both.
//!
//! ```ignore
//! let scene = Scene::new();
//! scene.init_db();
//! scene.queue.send(&[&login("anna"), "rogue"]);
//! let books = scene.drain().exits(3).books();
//! assert_eq!(books["inserted"], 1);
//! ```

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use super::database::Database;
use super::program::Program;
use super::queue::Queue;
use super::sqs_server::{Options, Server};
use super::surroundings::{REGION, fresh_name, sqs_endpoint};

/// The name of the queue on each in-memory server.
pub const QUEUE: &str = "login-queue";

/// Everything one test has for itself. Nothing of it is seen by another test.
pub struct Scene {
    pub queue: Queue,
    pub database: Database,
    server: Option<Server>,
    home: tempfile::TempDir,
}

impl Scene {
    /// On the SQS-compatible server that runs beside the tests.
    pub fn new() -> Scene {
        Scene::with_queue(&[])
    }

    /// The same, with queue attributes as AWS names them.
    pub fn with_queue(attributes: &[(&str, &str)]) -> Scene {
        let name = fresh_name("queue").replace('_', "-");
        Scene::of(Queue::create(&sqs_endpoint(), &name, attributes), Database::with_own_schema(), None)
    }

    /// On an in-memory server of the test's own, which can be told to misbehave and counts its calls.
    pub fn scripted() -> Scene {
        Scene::on(Server::start(Options::default()), QUEUE, &[], Database::with_own_schema())
    }

    /// A FIFO queue on either server, whose messages stay hidden for so long.
    pub fn fifo(on_server_beside: bool, visibility_seconds: &str) -> Scene {
        let attributes = [("FifoQueue", "true"), ("VisibilityTimeout", visibility_seconds)];
        let name = format!("{}.fifo", fresh_name("queue").replace('_', "-"));
        match on_server_beside {
            true => {
                let queue = Queue::create(&sqs_endpoint(), &name, &attributes);
                Scene::of(queue, Database::with_own_schema(), None)
            }
            false => {
                let server = Server::start(Options::default());
                Scene::on(server, &name, &attributes, Database::with_own_schema())
            }
        }
    }

    /// On a server of the caller's choice, with a queue of this name and these attributes.
    pub fn on(server: Server, queue: &str, attributes: &[(&str, &str)], database: Database) -> Scene {
        let url = server.create_queue(queue, attributes);
        Scene::of(Queue::at(server.url(), queue, url), database, Some(server))
    }

    fn of(queue: Queue, database: Database, server: Option<Server>) -> Scene {
        Scene { queue, database, server, home: tempfile::tempdir().unwrap() }
    }

    /// The in-memory server, where the test scripts faults or counts calls; not in a `Scene::new()`.
    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("a scene on a server of its own")
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

    /// Where the program says that it stores logins.
    pub fn table(&self) -> String {
        format!("{}.user_logins", self.database.schema())
    }

    /// A path in a private directory; nothing is there until somebody puts it there.
    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A private file with this text.
    pub fn file(&self, name: &str, text: &[u8], mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }
}

impl Default for Scene {
    fn default() -> Scene {
        Scene::new()
    }
}

/// Waits until something is so. The time is a limit for broken programs, not an expectation.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < limit, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(3));
    }
}
