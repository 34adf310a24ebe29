//! The environment as the program found it: the one place that reads it, and the variables that are asked first.

use std::collections::{BTreeMap, HashMap};

use crate::cli::{self, QueueArgs};
use crate::failure::Failure;
use crate::screen::Terminal;

/// The variables that were set when the program began, and which of them stand in for flags. One that is set to
/// nothing counts as unset.
#[derive(Clone, Default)]
pub struct Environment {
    set: HashMap<String, String>,
    stand_ins: BTreeMap<String, String>,
    wrong: Option<Failure>,
}

impl Environment {
    /// Variables whose name or value is no UTF-8 are none of ours.
    pub fn read() -> Environment {
        let texts = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        texts.collect()
    }

    pub fn get(&self, name: &str) -> Option<String> {
        self.set.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// Also of a variable that is set to nothing.
    pub fn is_set(&self, name: &str) -> bool {
        self.set.contains_key(name)
    }

    /// With the variable behind each value that no flag gave, and the failure of one that cannot be used.
    pub fn standing_in(self, stand_ins: BTreeMap<String, String>, wrong: Option<Failure>) -> Environment {
        Environment { stand_ins, wrong, ..self }
    }

    /// The variable that stands in for a flag, such as `queue-url`.
    pub fn stand_in(&self, flag: &str) -> Option<&str> {
        self.stand_ins.get(flag).map(String::as_str)
    }

    /// Fails where a variable cannot be used.
    pub fn sound(&self) -> Result<(), Failure> {
        self.wrong.clone().map_or(Ok(()), Err)
    }

    /// One sentence for each variable that is named like ours and is none.
    pub fn unknown_variables(&self) -> Vec<String> {
        let known = cli::variables();
        let mut unknown: Vec<&String> = self
            .set
            .keys()
            .filter(|name| name.starts_with("LOGIN_DRAIN_") && !known.contains(name))
            .collect();
        unknown.sort();
        unknown
            .iter()
            .map(|name| format!("{name} is no variable of login-drain, and has no effect"))
            .collect()
    }

    /// Somebody who starts the program for the first time is told all that it needs, not the first thing only.
    pub fn explain_first_run(&self, args: &QueueArgs) -> Result<(), Failure> {
        let flags = [&args.queue_url, &args.queue_name, &args.endpoint_url, &args.region, &args.profile];
        let variables = [
            "LOGIN_DRAIN_DATABASE_URL",
            "LOGIN_DRAIN_DATABASE_SECRET",
            "AWS_REGION",
            "AWS_DEFAULT_REGION",
            "AWS_PROFILE",
            "AWS_ENDPOINT_URL_SQS",
            "AWS_ENDPOINT_URL",
            "DATABASE_URL",
            "DATABASE_URL_FILE",
            "PGHOST",
            "PGSERVICE",
        ];
        if flags.iter().any(|flag| flag.is_some()) || variables.iter().any(|name| self.get(name).is_some()) {
            return Ok(());
        }
        Err(Failure::lasting(
            "nothing is set yet, and three things are needed: the queue (LOGIN_DRAIN_QUEUE_URL), the database \
             (DATABASE_URL), and AWS credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role); \
             `login-drain --help` shows a first run",
        ))
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(variables: T) -> Environment {
        Environment { set: variables.into_iter().collect(), ..Environment::default() }
    }
}

/// Whether a terminal may be drawn on, if there is one: <https://no-color.org>.
pub fn terminal(environment: &Environment) -> Terminal {
    let dumb = environment.get("TERM").is_none_or(|term| term == "dumb");
    if dumb || environment.get("NO_COLOR").is_some() { Terminal::Plain } else { Terminal::MayBeDrawnOn }
}
