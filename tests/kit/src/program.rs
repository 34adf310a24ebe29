//! The program as a test sets it up: what it is given, and what it must answer.

use std::io::{Seek, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::running::{LIMIT, Outcome, Running};
use super::surroundings::login_drain;

pub struct Program {
    command: Command,
    /// `None` where the test judges the end itself.
    code: Option<i32>,
    stdout: Expected,
    stderr: Expected,
    into: Option<Stdio>,
    complaints_into: Option<Stdio>,
    limit: Duration,
}

enum Expected {
    Exactly(String),
    Parts(Vec<String>),
    Anything,
}

impl Expected {
    fn nothing() -> Expected {
        Expected::Exactly(String::new())
    }

    fn and(&mut self, part: &str) {
        match self {
            Expected::Parts(parts) => parts.push(part.to_owned()),
            _ => *self = Expected::Parts(vec![part.to_owned()]),
        }
    }

    fn is_met_by(&self, text: &str) -> bool {
        match self {
            Expected::Exactly(expected) => text == expected,
            Expected::Parts(parts) => parts.iter().all(|part| text.contains(part)),
            Expected::Anything => true,
        }
    }

    fn in_words(&self) -> String {
        match self {
            Expected::Exactly(text) => format!("exactly {text:?}"),
            Expected::Parts(parts) => format!("parts {parts:?}"),
            Expected::Anything => "anything".to_owned(),
        }
    }
}

/// Seconds that the program waits for a service: enough for one that comes back, and few where none does.
const PATIENCE: &str = "4";

impl Program {
    /// Expected until told otherwise: exit code 0 and not a word on either stream. The program sees no variable
    /// of ours, and no file of whoever runs the tests.
    pub fn new(command: &str) -> Program {
        let mut program = Command::new(login_drain());
        program
            .env_clear()
            .env("HOME", "/nonexistent")
            .env("LOGIN_DRAIN_PATIENCE", PATIENCE)
            .args(command.split_whitespace());
        program.stdin(Stdio::null());
        Program {
            command: program,
            code: Some(0),
            stdout: Expected::nothing(),
            stderr: Expected::nothing(),
            into: None,
            complaints_into: None,
            limit: LIMIT,
        }
    }

    /// The program may run for so long before it is taken to hang.
    pub fn may_take(mut self, limit: Duration) -> Program {
        self.limit = limit;
        self
    }

    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// For so many seconds the program waits for a service.
    pub fn patient_for(self, seconds: u64) -> Program {
        self.env("LOGIN_DRAIN_PATIENCE", &seconds.to_string())
    }

    /// Under limits of the system, as a shell's `ulimit` has them. Comes before any word on standard input.
    pub fn limited(self, limits: &str) -> Program {
        self.wrapped(&["/bin/sh", "-c", &format!("ulimit {limits} && exec \"$0\" \"$@\"")])
    }

    /// As the first process of a container, whose signals the system drops unless it asked for them. Comes before any
    /// word on standard input.
    pub fn as_process_1(self) -> Program {
        self.wrapped(&["unshare", "--pid", "--fork", "--kill-child"])
    }

    fn wrapped(mut self, by: &[&str]) -> Program {
        let mut wrapper = Command::new(by[0]);
        wrapper.args(&by[1..]).arg(self.command.get_program()).args(self.command.get_args());
        wrapper.env_clear().envs(self.command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        wrapper.stdin(Stdio::null());
        self.command = wrapper;
        self
    }

    /// Standard input that stays open and empty.
    pub fn with_open_input(mut self) -> Program {
        self.command.stdin(Stdio::piped());
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Program {
        self.command.env(name, value);
        self
    }

    pub fn without(mut self, name: &str) -> Program {
        self.command.env_remove(name);
        self
    }

    /// Flags without blanks in their values.
    pub fn flags(mut self, flags: &str) -> Program {
        self.command.args(flags.split_whitespace());
        self
    }

    /// What it reads on standard input.
    pub fn reads(mut self, text: impl AsRef<[u8]>) -> Program {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_ref()).unwrap();
        file.rewind().unwrap();
        self.command.stdin(file);
        self
    }

    /// One flag with its value, whatever is in it.
    pub fn flag(mut self, flag: &str, value: &str) -> Program {
        self.command.args([flag, value]);
        self
    }

    pub fn exits(mut self, code: i32) -> Program {
        self.code = Some(code);
        self
    }

    /// Standard output holds this, among other words.
    pub fn prints(mut self, part: &str) -> Program {
        self.stdout.and(part);
        self
    }

    /// Standard error holds this, among other words.
    pub fn complains(mut self, part: &str) -> Program {
        self.stderr.and(part);
        self
    }

    pub fn may_say_anything(mut self) -> Program {
        (self.stdout, self.stderr) = (Expected::Anything, Expected::Anything);
        self
    }

    /// The test judges the outcome, code and words, when it has it.
    pub fn ends_somehow(mut self) -> Program {
        self.code = None;
        self.may_say_anything()
    }

    /// The whole of standard error is this one line, and nothing is printed.
    pub fn fails_with(mut self, code: i32, line: &str) -> Outcome {
        self.stderr = Expected::Exactly(format!("login-drain: {line}\n"));
        self.exits(code).run()
    }

    /// Runs to the end and checks what came of it.
    pub fn run(self) -> Outcome {
        self.start().wait()
    }

    /// Runs with `--format json` and gives the object; balanced books are checked here, for every test.
    pub fn books(mut self) -> Value {
        self.stdout = Expected::Anything;
        self.flags("--format json").start().books()
    }

    /// Runs with a standard output whose reader has gone away.
    pub fn run_into_closed_pipe(self) -> Outcome {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        self.run_into(writer)
    }

    /// Runs with this as standard output; nothing of it is in the outcome.
    pub fn run_into(mut self, stdout: impl Into<Stdio>) -> Outcome {
        self.into = Some(stdout.into());
        self.run()
    }

    /// Gives the program this as standard error; nothing of it is in the outcome.
    pub fn complains_into(mut self, stderr: impl Into<Stdio>) -> Program {
        self.complaints_into = Some(stderr.into());
        self
    }

    pub fn start(mut self) -> Running {
        let (stdout, stderr) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let sink = |file: &std::fs::File| Stdio::from(file.try_clone().unwrap());
        self.command.stdout(self.into.take().unwrap_or_else(|| sink(&stdout)));
        self.command.stderr(self.complaints_into.take().unwrap_or_else(|| sink(&stderr)));
        let child = self.command.spawn().expect("the program starts");
        Running::new(child, stdout, stderr, self)
    }

    /// Fails unless the outcome is the expected one.
    pub fn check(&self, outcome: &Outcome) {
        let met = self.code.is_none_or(|code| outcome.code == Some(code))
            && self.stdout.is_met_by(&outcome.stdout)
            && self.stderr.is_met_by(&outcome.stderr);
        assert!(
            met,
            "not as expected\ncommand: {:?}\nexpected: exit {:?}, stdout {}, stderr {}\n{outcome:?}",
            self.command,
            self.code,
            self.stdout.in_words(),
            self.stderr.in_words()
        );
    }
}
