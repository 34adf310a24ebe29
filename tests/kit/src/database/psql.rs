//! Scripts run by psql, as an operator runs them.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use super::Database;
use crate::surroundings::{ROOT, postgres_program};

impl Database {
    /// Runs a file of `sql/operator` as its header says, and gives what it tells: fields parted by `|`, rows by
    /// line feeds. Panics when it fails.
    pub fn statement(&self, file: &str, variables: &[&str]) -> String {
        self.attempt(file, variables).unwrap_or_else(|complaint| panic!("psql: {complaint}"))
    }

    /// The same for a file that may fail; `Err` holds what psql complains of.
    pub fn attempt(&self, file: &str, variables: &[&str]) -> Result<String, String> {
        told(operator_psql(&self.url(), file, variables))
    }

    /// The same as another role, on a server that trusts.
    pub fn attempt_as(&self, role: &str, file: &str) -> Result<String, String> {
        told(operator_psql(&self.url_as(role), file, &[]))
    }

    /// Runs a script of the test's own; panics when it fails.
    pub fn script(&self, script: &str) {
        let psql =
            psql(&self.url()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut psql = psql.unwrap();
        psql.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
        told(psql.wait_with_output().unwrap()).unwrap_or_else(|complaint| panic!("psql: {complaint}"));
    }
}

fn psql(url: &str) -> Command {
    let mut command = postgres_program("psql");
    command.args(["-XAtq", "-v", "ON_ERROR_STOP=1", url]);
    command
}

fn operator_psql(url: &str, file: &str, variables: &[&str]) -> Output {
    let mut psql = psql(url);
    psql.args(variables.iter().flat_map(|variable| ["-v", variable]));
    psql.args(["-f", &format!("{ROOT}/sql/operator/{file}")]).output().unwrap()
}

fn told(output: Output) -> Result<String, String> {
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout).unwrap().trim_end().to_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
