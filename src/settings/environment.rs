//! The environment as the program found it: the one place that reads it, and the variables that are asked first.

use std::collections::HashMap;

use crate::cli::QueueArgs;
use crate::failure::Failure;
use crate::screen::{LogFormat, Terminal};

/// The variables that were set when the program began. One that is set to nothing counts as unset.
#[derive(Clone)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// Variables whose name or value is no UTF-8 are none of ours.
    pub fn read() -> Environment {
        let texts = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        texts.collect()
    }

    pub fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// Also of a variable that is set to nothing.
    pub fn is_set(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A flag, or else the first of some variables.
    pub fn pick(&self, flag: Option<&String>, names: &[&str]) -> Option<String> {
        let flag = flag.filter(|value| !value.is_empty()).cloned();
        flag.or_else(|| names.iter().find_map(|name| self.get(name)))
    }

    /// Somebody who starts the program for the first time is told all that it needs, not the first thing only.
    pub fn explain_first_run(&self, args: &QueueArgs) -> Result<(), Failure> {
        let flags = [&args.queue_url, &args.queue_name, &args.endpoint_url, &args.region, &args.profile];
        let variables = [
            "LOGIN_DRAIN_QUEUE_URL",
            "LOGIN_DRAIN_QUEUE_NAME",
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
        Environment(variables.into_iter().collect())
    }
}

/// The form of lines on standard error.
pub fn log_format(flag: Option<LogFormat>, environment: &Environment) -> Result<LogFormat, Failure> {
    match (flag, environment.get("LOGIN_DRAIN_LOG_FORMAT").as_deref()) {
        (Some(format), _) => Ok(format),
        (None, None | Some("text")) => Ok(LogFormat::Text),
        (None, Some("json")) => Ok(LogFormat::Json),
        (None, Some(_)) => Err(Failure::lasting("LOGIN_DRAIN_LOG_FORMAT must be `text` or `json`")),
    }
}

/// Whether a terminal may be drawn on, if there is one: <https://no-color.org>.
pub fn terminal(environment: &Environment) -> Terminal {
    let dumb = environment.get("TERM").is_none_or(|term| term == "dumb");
    if dumb || environment.get("NO_COLOR").is_some() { Terminal::Plain } else { Terminal::MayBeDrawnOn }
}
