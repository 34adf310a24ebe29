//! Two real servers, the homes of several users, and the same question asked by psql and by us.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use postgres::SimpleQueryMessage;

use super::super::error::Error;
use super::super::source::Source;
use super::super::target::Target;
use super::cluster::{self, Cluster};
use super::{certificates, homes, stand_in};

/// What a session is, apart from the application name's default, which is each program's own.
const SESSION: &str = "SELECT current_user || ' ' || current_database() || ' ' || current_setting('search_path') \
     || ' ' || replace(current_setting('application_name'), 'psql', 'login-drain') || ' recovery=' \
     || pg_is_in_recovery() || ' tls=' || (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid())";

/// Two servers, the homes of several users, and the words that stand for them in the tables.
pub struct World {
    words: BTreeMap<&'static str, String>,
    psql: PathBuf,
    _servers: [Cluster; 2],
    _directory: tempfile::TempDir,
}

impl World {
    pub fn start() -> World {
        let Some(programs) = std::env::var_os("LOGIN_DRAIN_TEST_POSTGRES_BIN").map(PathBuf::from) else {
            panic!("this test needs a PostgreSQL server: run scripts/test");
        };
        let directory = tempfile::Builder::new().prefix("login-drain-psql-").tempdir().unwrap();
        cluster::open_to_all(directory.path());
        let issued = certificates::issue_all(directory.path());
        let main = Cluster::start(&programs, &directory.path().join("main"), Some(&issued));
        let standby = Cluster::start(&programs, &directory.path().join("standby"), None);
        let mut words = homes::build(directory.path(), main.port);
        words.insert("{port}", main.port.to_string());
        words.insert("{standby}", standby.port.to_string());
        words.insert("{closed}", cluster::free_port().to_string());
        words.insert("{starting}", stand_in::listen(stand_in::starting_up).to_string());
        words.insert("{closing}", stand_in::listen(stand_in::closing).to_string());
        words.insert("{web}", stand_in::listen(stand_in::web_server).to_string());
        words.insert("{socket}", main.directory.display().to_string());
        words.insert("{files}", directory.path().display().to_string());
        World { words, psql: programs.join("psql"), _servers: [main, standby], _directory: directory }
    }

    pub fn fill(&self, text: &str) -> String {
        self.words.iter().fold(text.to_string(), |text, (word, value)| text.replace(word, value))
    }

    /// `KEY=value` words as a map. HOME is empty unless it is named.
    pub fn environment(&self, words: &str) -> BTreeMap<String, String> {
        let mut map = BTreeMap::from([("HOME".to_string(), self.fill("{files}/homes/empty"))]);
        map.extend(words.split_whitespace().map(|word| {
            let (key, value) = word.split_once('=').expect(word);
            (key.to_string(), self.fill(value))
        }));
        map
    }

    pub fn ask_psql(&self, url: &str, environment: &BTreeMap<String, String>) -> Result<String, String> {
        let mut psql = Command::new(&self.psql);
        psql.args(["-X", "-w", "-A", "-t", "-d", url, "-c", SESSION]).env_clear().envs(environment);
        let output = psql.output().unwrap();
        match output.status.success() {
            true => Ok(String::from_utf8(output.stdout).unwrap().trim().to_string()),
            false => Err(String::from_utf8(output.stderr).unwrap()),
        }
    }
}

pub fn resolve(url: &str, environment: &BTreeMap<String, String>) -> Result<Target, Error> {
    let lookup = |name: &str| environment.get(name).cloned();
    Target::resolve(&Source {
        database_url: Some(url.to_string()),
        environment: &lookup,
        application_name: "login-drain",
    })
}

pub fn ask_ours(url: &str, environment: &BTreeMap<String, String>) -> Result<String, Error> {
    let mut client = resolve(url, environment)?.connect()?;
    let answer = client.simple_query(SESSION).unwrap();
    let row = answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_string),
        _ => None,
    });
    Ok(row.unwrap())
}
