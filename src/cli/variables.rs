//! The variables that stand in for flags: `LOGIN_DRAIN_<FLAG>` for each flag that the command line does not give.

use std::error::Error;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::failure::Failure;

const PREFIX: &str = "LOGIN_DRAIN_";

/// Flags that no variable stands in for: clap's own, and the one that names a person.
const FLAGS_ALONE: [&str; 3] = ["help", "version", "user-id"];

/// The variable that stands in for a flag.
pub fn variable(arg: &Arg) -> Option<String> {
    let flag = arg.get_long().filter(|flag| !FLAGS_ALONE.contains(flag))?;
    Some(format!("{PREFIX}{}", flag.to_uppercase().replace('-', "_")))
}

/// The variables that stand in for flags of one command.
#[derive(Default)]
pub struct StandIns {
    pub found: Vec<StandIn>,
    /// The first variable that cannot be used. It counts as unset, so that the failure can be told as asked.
    pub wrong: Option<Failure>,
}

/// A variable whose value goes where the default of a flag would.
pub struct StandIn {
    /// The flag's name, such as `queue-url`.
    pub flag: String,
    pub variable: String,
    id: String,
    value: String,
}

impl StandIns {
    /// `value` is that of a variable, if it has one. A flag silences its rivals' variables. Rivals among the variables are at odds.
    pub fn find(command: &Command, given: &ArgMatches, value: &dyn Fn(&str) -> Option<String>) -> StandIns {
        let mut found = StandIns::default();
        for arg in command.get_arguments() {
            let silenced = command.get_arguments().any(|other| {
                is_given(other, given) && (is_same(other, arg) || are_rivals(command, other, arg))
            });
            let set = variable(arg).filter(|_| !silenced).and_then(|name| Some((value(&name)?, name)));
            let Some((text, name)) = set else { continue };
            match usable(arg, &name, &tidy(arg, &text)) {
                Ok(None) => {}
                Ok(Some(value)) => found.add(command, arg, name, value),
                Err(failure) => found.is_wrong(failure),
            }
        }
        found
    }

    fn add(&mut self, command: &Command, arg: &Arg, variable: String, value: String) {
        let rival = self.found.iter().find(|other| {
            command
                .get_arguments()
                .any(|arg_of| arg_of.get_id().as_str() == other.id && are_rivals(command, arg_of, arg))
        });
        if let Some(rival) = rival {
            let text = format!("both {} and {variable} are set: unset one of them", rival.variable);
            return self.is_wrong(Failure::lasting(text));
        }
        let flag = arg.get_long().unwrap_or_default().to_owned();
        self.found.push(StandIn { flag, id: arg.get_id().to_string(), variable, value });
    }

    fn is_wrong(&mut self, failure: Failure) {
        self.wrong.get_or_insert(failure);
    }
}

impl StandIn {
    /// For every command: flags of one name mean the same.
    pub fn put_into(&self, command: Command) -> Command {
        let fill = |arg: Arg| match arg.get_id().as_str() == self.id {
            true => arg.default_value(self.value.clone()),
            false => arg,
        };
        command.mut_args(fill).mut_subcommands(|verb| verb.mut_args(fill))
    }
}

fn is_given(arg: &Arg, given: &ArgMatches) -> bool {
    let id = arg.get_id().as_str();
    given.ids().any(|known| known == id) && given.value_source(id) == Some(ValueSource::CommandLine)
}

fn is_same(one: &Arg, other: &Arg) -> bool {
    one.get_id() == other.get_id()
}

/// clap knows a conflict by the one of the two that declares it.
fn are_rivals(command: &Command, one: &Arg, other: &Arg) -> bool {
    let declares = |one: &Arg, other: &Arg| {
        command.get_arg_conflicts_with(one).iter().any(|rival| is_same(rival, other))
    };
    declares(one, other) || declares(other, one)
}

/// Without the white space that files, ConfigMaps and lists leave around a value.
fn tidy(arg: &Arg, text: &str) -> String {
    match arg.get_value_delimiter() {
        Some(delimiter) => {
            text.split(delimiter).map(str::trim).collect::<Vec<_>>().join(&delimiter.to_string())
        }
        None => text.trim().to_owned(),
    }
}

/// The value as the flag takes it, `None` of a switch that is off and of nothing. A wrong one is not told: it may be a secret that
/// slipped into another variable.
fn usable(arg: &Arg, name: &str, value: &str) -> Result<Option<String>, Failure> {
    if value.is_empty() {
        return Ok(None);
    }
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        return match value {
            "true" | "1" => Ok(Some("true".to_owned())),
            "false" | "0" => Ok(None),
            _ => Err(Failure::lasting(format!("{name} must be `true` or `false`"))),
        };
    }
    let mut probe = Arg::new("probe").long("probe").value_parser(arg.get_value_parser().clone());
    if let Some(delimiter) = arg.get_value_delimiter() {
        probe = probe.value_delimiter(delimiter).num_args(1..);
    }
    let words = [format!("--probe={value}")];
    match Command::new("probe").no_binary_name(true).arg(probe).try_get_matches_from(words) {
        Ok(_) => Ok(Some(value.to_owned())),
        Err(error) => Err(Failure::lasting(format!("{name} {}", demand(arg, &error)))),
    }
}

/// What a value must be.
fn demand(arg: &Arg, error: &clap::Error) -> String {
    let words: Vec<String> =
        arg.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    match words.split_last() {
        Some((last, [])) => format!("must be {last}"),
        Some((last, others)) => {
            let or = if arg.get_value_delimiter().is_some() { "and" } else { "or" };
            let list = if or == "and" { "a list of " } else { "" };
            format!("must be {list}{} {or} {last}", others.join(", "))
        }
        None => error.source().map_or_else(|| "cannot be used".to_owned(), ToString::to_string),
    }
}
