//! What a run needs around it: each program with a database of its own, and a server with a filled queue.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};
use postgres::{Client, NoTls};

pub const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts");

pub struct Scene {
    /// The one that is measured, and the one it is measured against, if any.
    pub programs: Vec<Program>,
    sqs_server: PathBuf,
    /// The program that does only what none can leave out.
    pub floor: PathBuf,
    server_url: String,
    queues_made: Cell<u64>,
}

/// A login-drain, and the database that it alone uses: another version may want other tables.
pub struct Program {
    pub path: PathBuf,
    pub database: RefCell<Client>,
    pub database_url: String,
}

/// A server that has the queue, until this is dropped.
pub struct Queue {
    server: Child,
    endpoint: String,
}

impl Scene {
    pub fn new(
        program: &Path,
        against: Option<&Path>,
        sqs_server: PathBuf,
        floor: PathBuf,
    ) -> anyhow::Result<Scene> {
        let url = std::env::var("DATABASE_URL").context("DATABASE_URL is not set: run scripts/bench")?;
        let paths = [("measured", Some(program)), ("against", against)];
        let paths = paths.into_iter().filter_map(|(name, path)| Some((name, path?)));
        let programs =
            paths.map(|(name, path)| Program::new(path, &url, name)).collect::<anyhow::Result<_>>()?;
        Ok(Scene { programs, sqs_server, floor, server_url: url, queues_made: Cell::new(0) })
    }

    /// The measured program with another database, of this name.
    pub fn measured_on(&self, database: &str) -> anyhow::Result<Program> {
        let measured = self.programs.first().context("there is no program to measure")?;
        Program::new(&measured.path, &self.server_url, database)
    }

    /// A fresh server, with these flags, and a queue of so many messages, whose ids no other queue has had.
    pub fn queue(&self, messages: u32, flags: &[&str]) -> anyhow::Result<Queue> {
        let mut command = Command::new(&self.sqs_server);
        command.args(["--seed-messages", &messages.to_string()]).args(flags);
        self.queues_made.set(self.queues_made.get() + 1);
        command.args(["--seed", &self.queues_made.get().to_string()]);
        // Nothing comes back while a run lasts, however long it is.
        command.args(["--visibility-seconds", "3600", "--until-stdin-closes"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server = command.spawn().context("could not start the SQS server")?;
        let mut said = String::new();
        BufReader::new(server.stdout.take().context("the SQS server has no output")?).read_line(&mut said)?;
        let endpoint = said.split_whitespace().last().unwrap_or_default().to_owned();
        ensure!(endpoint.starts_with("http"), "the SQS server said {said:?}, not where it listens");
        Ok(Queue { server, endpoint })
    }
}

impl Program {
    fn new(path: &Path, server_url: &str, name: &str) -> anyhow::Result<Program> {
        let path = path.canonicalize().with_context(|| format!("could not find {}", path.display()))?;
        let database_url = url_of(server_url, name)?;
        Client::connect(server_url, NoTls)?.batch_execute(&format!("CREATE DATABASE {name}"))?;
        let database = RefCell::new(Client::connect(&database_url, NoTls)?);
        let program = Program { path, database, database_url };
        let made = program.command(&["init-db"]).stdout(Stdio::null()).status()?;
        ensure!(made.success(), "{} init-db ended with {made}", program.path.display());
        Ok(program)
    }

    /// The program with these arguments, and no other setting of the caller than where things are.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.args(arguments);
        self.surround(&mut command);
        command
    }

    /// Gives a command the surroundings of this program, its database among them.
    pub fn surround(&self, command: &mut Command) {
        command.env_clear();
        for name in ["PATH", "HOME", "LANG"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command.env("DATABASE_URL", &self.database_url);
        command.envs([("AWS_REGION", "us-east-1"), ("AWS_DEFAULT_REGION", "us-east-1")]);
        command.envs([("AWS_ACCESS_KEY_ID", "local"), ("AWS_SECRET_ACCESS_KEY", "local")]);
        command.envs([("AWS_EC2_METADATA_DISABLED", "true"), ("NO_PROXY", "127.0.0.1")]);
    }

    /// Forgets every run before, so that each begins alike.
    pub fn empty_tables(&self) -> anyhow::Result<()> {
        let mut database = self.database.borrow_mut();
        let tables =
            "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables WHERE schemaname = 'public'";
        let tables: String = database.query_one(tables, &[])?.try_get(0)?;
        database.batch_execute(&format!("TRUNCATE {tables}"))?;
        Ok(database.batch_execute("CHECKPOINT")?)
    }

    pub fn expect_rows(&self, expected: u32) -> anyhow::Result<()> {
        let found: i64 =
            self.database.borrow_mut().query_one("SELECT count(*) FROM user_logins", &[])?.try_get(0)?;
        ensure!(
            found == i64::from(expected),
            "{expected} rows were expected in user_logins, {found} are there"
        );
        Ok(())
    }

    pub fn server_version(&self) -> anyhow::Result<String> {
        let version: String = self.database.borrow_mut().query_one("SHOW server_version", &[])?.try_get(0)?;
        Ok(version.split(' ').next().unwrap_or_default().to_owned())
    }
}

/// The URL of another database on the same server.
fn url_of(server_url: &str, name: &str) -> anyhow::Result<String> {
    let (server, _) = server_url.rsplit_once('/').context("DATABASE_URL names no database")?;
    Ok(format!("{server}/{name}"))
}

impl Queue {
    /// Leads a command to this queue.
    pub fn lead(&self, command: &mut Command) {
        command.env("AWS_ENDPOINT_URL_SQS", &self.endpoint);
        command.env("LOGIN_DRAIN_QUEUE_URL", format!("{}/000000000000/login-queue", self.endpoint));
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // It ends when its input does.
        drop(self.server.stdin.take());
        let _ = self.server.wait();
    }
}
