//! One run of the real binary: what it is given, what it must answer, and the report when it does not.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Every password, key and token that tests give to the program: none may ever be printed.
const SECRETS: [&str; 4] =
    ["local-secret-marker", super::database::PASSWORD, super::cluster::RIGHT, "hunter2"];

/// A program that takes longer is broken.
const LIMIT: Duration = Duration::from_secs(120);

pub struct Program {
    command: Command,
    code: i32,
    stdout: Expected,
    stderr: Expected,
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
}

impl Program {
    /// Expected until told otherwise: exit code 0 and not a word on either stream.
    pub fn new(command: &str) -> Program {
        let mut program = Command::new(env!("CARGO_BIN_EXE_login-drain"));
        program.env_clear().args(command.split_whitespace()).stdin(Stdio::null());
        Program { command: program, code: 0, stdout: Expected::nothing(), stderr: Expected::nothing() }
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

    pub fn exits(mut self, code: i32) -> Program {
        self.code = code;
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

    pub fn start(mut self) -> Running {
        let child = self.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Running { child, program: self }
    }

    /// Runs with a standard output whose reader has gone away.
    pub fn run_into_closed_pipe(self) -> Outcome {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        self.run_into(writer)
    }

    /// Runs with this as standard output.
    pub fn run_into(mut self, stdout: impl Into<Stdio>) -> Outcome {
        let child = self.command.stdout(stdout).stderr(Stdio::piped()).spawn().unwrap();
        Running { child, program: self }.wait()
    }
}

/// A program that has been started.
pub struct Running {
    child: Child,
    program: Program,
}

impl Running {
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// What the system tells of the running program in this file of its own.
    pub fn told_by_system(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap()
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for the end and checks what came of it.
    pub fn wait(mut self) -> Outcome {
        let stdout = collect(self.child.stdout.take());
        let stderr = collect(self.child.stderr.take());
        let limit = std::time::Instant::now() + LIMIT;
        while self.is_running() {
            if std::time::Instant::now() > limit {
                self.child.kill().unwrap();
            }
            thread::sleep(Duration::from_millis(5));
        }
        let status = self.child.wait().unwrap();
        let text = |from: mpsc::Receiver<Vec<u8>>| String::from_utf8(from.recv().unwrap()).unwrap();
        let outcome = Outcome { code: status.code(), stdout: text(stdout), stderr: text(stderr) };
        self.program.check(&outcome, &status.to_string());
        outcome
    }

    /// Waits for the end and reads the summary of `--format json`.
    pub fn books(self) -> Value {
        let books: Value = serde_json::from_str(&self.wait().stdout).unwrap();
        assert_balanced(&books);
        books
    }
}

impl Drop for Running {
    /// A test that fails leaves no program behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    fn check(&self, outcome: &Outcome, status: &str) {
        let met = outcome.code == Some(self.code)
            && self.stdout.is_met_by(&outcome.stdout)
            && self.stderr.is_met_by(&outcome.stderr);
        let told = |expected: &Expected| match expected {
            Expected::Exactly(text) => format!("exactly {text:?}"),
            Expected::Parts(parts) => format!("parts {parts:?}"),
            Expected::Anything => "anything".to_owned(),
        };
        assert!(
            met,
            "not as expected\ncommand: {:?}\nexpected: exit {}, stdout {}, stderr {}\nstatus: {status}\n\
             --- stdout\n{}--- stderr\n{}---",
            self.command,
            self.code,
            told(&self.stdout),
            told(&self.stderr),
            outcome.stdout,
            outcome.stderr
        );
        for secret in SECRETS {
            assert!(
                !outcome.words().contains(secret),
                "{:?} told a secret: {}",
                self.command,
                outcome.words()
            );
        }
    }
}

/// What a run left: its code (`None` after a signal) and its words.
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    pub fn words(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }
}

fn collect(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        stream.map(|mut stream| stream.read_to_end(&mut bytes));
        sender.send(bytes)
    });
    receiver
}

/// Every message received has one fate. Kept rejects are the only ones not deleted.
fn assert_balanced(books: &Value) {
    let number = |key: &str| books[key].as_u64().unwrap_or_else(|| panic!("{key} in {books}"));
    let settled = number("inserted") + number("duplicates") + number("rejected");
    assert_eq!(number("received"), settled + number("released"), "{books}");
    let gone = number("deleted") + number("delete_failures");
    assert!(gone <= settled && gone >= settled - number("rejected"), "{books}");
}
