//! One try at finding credentials, in a child process with an environment and a home of its own.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Value, json};

use super::standin::Standin;
use crate::aws::{Credentials, profile_region};
use crate::settings::environment::Environment;
use crate::waiting::Patience;

const CHILD: &str = "LOGIN_DRAIN_TEST_CHILD";
const MARK: &str = "FOUND ";

/// What the child is given.
pub struct Scene {
    pub standin: Standin,
    home: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

/// What the child found.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    Keys { id: String, secret: String, token: String },
    Failure { kind: String, text: String },
}

impl Found {
    /// The stand-in names each set of keys after its source.
    pub fn from(source: &str) -> Found {
        Found::Keys {
            id: format!("AK{source}"),
            secret: format!("secret/{source}"),
            token: format!("token=={source}=="),
        }
    }

    pub fn failure(self) -> (String, String) {
        match self {
            Found::Failure { kind, text } => (kind, text),
            keys => panic!("found {keys:?}"),
        }
    }
}

/// IMDS is off, unless a test turns it on: no test may look at the machine's own.
pub fn scene() -> Scene {
    with(Standin::start(None))
}

/// Every service answers with this HTTP status.
pub fn broken(status: u16) -> Scene {
    with(Standin::start(Some(status)))
}

/// A metadata service that comes up late, or is slow, as the settings of the profile name it.
pub fn with_instance(late: Duration, slow: Duration) -> Scene {
    let scene = with(Standin::after(late, slow, None)).set("AWS_EC2_METADATA_DISABLED", "false");
    let url = scene.standin.url.clone();
    scene.config(&format!("[default]\nec2_metadata_service_endpoint = {url}\n"))
}

fn with(standin: Standin) -> Scene {
    let home = tempfile::tempdir().unwrap();
    let url = standin.url.clone();
    let scene = Scene { standin, home, environment: BTreeMap::new() };
    let scene = scene.set("AWS_EC2_METADATA_DISABLED", "true").set("AWS_REGION", "eu-west-1");
    scene.set("AWS_ENDPOINT_URL", &url)
}

impl Scene {
    pub fn set(mut self, name: &str, value: &str) -> Scene {
        self.environment.insert(name.into(), value.into());
        self
    }

    pub fn unset(mut self, name: &str) -> Scene {
        self.environment.remove(name);
        self
    }

    pub fn imds(self) -> Scene {
        let url = self.standin.url.clone();
        self.set("AWS_EC2_METADATA_DISABLED", "false").set("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url)
    }

    /// Writes a file below the home directory, and gives its full path.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Leaves a token where the AWS command line keeps it: named after the session or the start URL.
    pub fn sso_login(&self, name: &str, token: &str) {
        let hash = hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, name.as_bytes()));
        self.file(&format!(".aws/sso/cache/{hash}.json"), token);
    }

    pub fn config(self, text: &str) -> Scene {
        self.file(".aws/config", text);
        self
    }

    pub fn found(&self) -> Found {
        self.found_with(None)
    }

    pub fn found_with(&self, profile: Option<&str>) -> Found {
        let said = self.run(json!({ "profile": profile }));
        match said["failure"].as_str() {
            Some(text) => Found::Failure { kind: text_of(&said["kind"]), text: text.into() },
            None => Found::Keys {
                id: text_of(&said["id"]),
                secret: text_of(&said["secret"]),
                token: text_of(&said["token"]),
            },
        }
    }

    pub fn profile_region(&self, profile: Option<&str>) -> Option<String> {
        self.run(json!({ "profile": profile }))["region"].as_str().map(str::to_owned)
    }

    fn run(&self, order: Value) -> Value {
        let mut child = Command::new(std::env::current_exe().unwrap());
        let (_, here) = module_path!().split_once("::").unwrap();
        child.args(["--exact", "--nocapture", &format!("{here}::the_child")]).env_clear();
        child.env("PATH", std::env::var("PATH").unwrap()).env("HOME", self.home.path());
        child.env(CHILD, order.to_string()).envs(&self.environment);
        let output = child.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let found = said.lines().find_map(|line| line.split_once(MARK));
        let (_, found) =
            found.unwrap_or_else(|| panic!("{said}\n{}", String::from_utf8_lossy(&output.stderr)));
        serde_json::from_str(found).unwrap()
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Does nothing in an ordinary test run; in a child, looks for credentials and prints them.
#[test]
fn the_child() {
    let Ok(order) = std::env::var(CHILD) else { return };
    let order: Value = serde_json::from_str(&order).unwrap();
    let profile = order["profile"].as_str().map(str::to_owned);
    let settings = crate::settings::aws::read(&Environment::read(), profile, None);
    let region = profile_region(&settings);
    let said = match Credentials::new(Arc::new(settings), Patience::default()).keys() {
        Ok(keys) => json!({
            "id": keys.access_key_id(), "secret": keys.secret_access_key(), "token": keys.session_token(),
            "region": region,
        }),
        Err(failure) => {
            json!({ "failure": failure.text, "kind": format!("{:?}", failure.kind), "region": region })
        }
    };
    writeln!(std::io::stdout(), "\n{MARK}{said}").unwrap();
}
