//! One test's place in PostgreSQL: a schema of its own, dropped at the end, and psql as a hand in it.

use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

static MADE: AtomicU32 = AtomicU32::new(0);

pub struct Place {
    server: String,
    pub schema: String,
}

impl Place {
    pub fn new() -> Place {
        let server = std::env::var("LOGIN_DRAIN_TEST_DATABASE_URL")
            .expect("this test needs a PostgreSQL server: run scripts/test");
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let place = Place { server, schema: format!("operations_{}_{number}", std::process::id()) };
        place.ask(&place.server, &format!("CREATE SCHEMA {}", place.schema));
        place
    }

    /// The owner's URL; `search_path` leads to the schema of the test.
    pub fn url(&self) -> String {
        let joint = if self.server.contains('?') { '&' } else { '?' };
        format!("{}{joint}options=-csearch_path%3D{}", self.server, self.schema)
    }

    /// The same place as somebody else, on a server that trusts.
    pub fn url_as(&self, role: &str) -> String {
        let (scheme, rest) = self.url().split_once("://").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
        let host = rest.split_once('@').map_or(rest.as_str(), |(_, host)| host);
        format!("{scheme}://{role}@{host}")
    }

    /// What the owner reads: fields parted by `|`, rows by line feeds.
    pub fn query(&self, sql: &str) -> String {
        self.ask(&self.url(), sql)
    }

    /// Runs a file of `sql/operator` as its header says; panics when it fails.
    pub fn statement(&self, file: &str, variables: &[&str]) -> String {
        said(self.psql(&self.url(), file, variables))
    }

    pub fn statement_as(&self, role: &str, file: &str) -> Result<String, String> {
        let output = self.psql(&self.url_as(role), file, &[]);
        match output.status.success() {
            true => Ok(said(output)),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    fn psql(&self, url: &str, file: &str, variables: &[&str]) -> Output {
        let path = format!("{}/sql/operator/{file}", env!("CARGO_MANIFEST_DIR"));
        let mut psql = psql(url);
        psql.args(variables.iter().flat_map(|variable| ["-v", variable]));
        psql.args(["-f", &path]).output().unwrap()
    }

    fn ask(&self, url: &str, sql: &str) -> String {
        said(psql(url).args(["-c", sql]).output().unwrap())
    }
}

fn psql(url: &str) -> Command {
    let programs = std::env::var("LOGIN_DRAIN_TEST_POSTGRES_BIN").map(|path| path + "/").unwrap_or_default();
    let mut command = Command::new(format!("{programs}psql"));
    command.args(["-XAtq", "-v", "ON_ERROR_STOP=1", url]);
    command
}

fn said(output: Output) -> String {
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "psql: {complaint}");
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = psql(&self.server)
            .env("PGOPTIONS", "-cclient_min_messages=warning")
            .args(["-c", &format!("DROP SCHEMA {} CASCADE", self.schema)])
            .output();
    }
}
