//! One run of the real program: signalled, killed or awaited, and what it left.

use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::program::Program;
use super::{cluster, database};

/// A program that takes longer hangs, unless its test says that it may.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);

/// Every password, key and token that tests give to the program: none may ever be printed.
const SECRETS: [&str; 4] = ["local-secret-marker", database::PASSWORD, cluster::RIGHT, "hunter2"];

/// The beginnings of every address and device id that some tests send: none may be printed or stored.
pub const MARKERS: [&str; 2] = ["203.113.", "771-66-"];

/// What a program says only when it has a fault.
const FAULTS: [&str; 2] = ["a fault of login-drain", "do not balance"];

/// A program that has been started. Dropping it kills it: a test that fails leaves none behind.
pub struct Running {
    child: Child,
    stdout: File,
    stderr: File,
    program: Program,
    peak_kib: u64,
}

impl Running {
    pub(crate) fn new(child: Child, stdout: File, stderr: File, program: Program) -> Running {
        Running { child, stdout, stderr, program, peak_kib: 0 }
    }

    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    pub fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// As when the terminal is closed.
    pub fn hang_up(&self) {
        self.signal(Signal::HUP);
    }

    /// As Ctrl-\\, and some container's stop signal.
    pub fn quit(&self) {
        self.signal(Signal::QUIT);
    }

    /// Stands still until `thaw`, as on a machine that is put to sleep.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// SIGKILL, at once. What was expected of the program is expected no more.
    pub fn kill(mut self) -> Outcome {
        let _ = self.child.kill();
        self.end()
    }

    /// The number of the program that this one was started `as_process_1` of.
    pub fn process_1(&self) -> Option<i32> {
        let id = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        children.split_whitespace().next()?.parse().ok()
    }

    /// What the system tells of the running program in this file of its own.
    pub fn told_by_system(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap()
    }

    /// Standard error up to now.
    pub fn complaints(&self) -> String {
        text_of(&self.stderr)
    }

    /// Waits for the end and checks what came of it.
    pub fn wait(mut self) -> Outcome {
        let outcome = self.end();
        self.program.check(&outcome);
        outcome
    }

    /// Waits for the end and reads the summary of `--format json`.
    pub fn books(self) -> Value {
        let books: Value = serde_json::from_str(&self.wait().stdout).unwrap();
        assert_balanced(&books);
        books
    }

    fn end(&mut self) -> Outcome {
        let limit = Instant::now() + self.program.limit();
        while self.is_running() {
            if Instant::now() > limit {
                let _ = self.child.kill();
                panic!("the program hangs; it said:\n{}", self.complaints());
            }
            thread::sleep(Duration::from_millis(3));
        }
        let status = self.child.wait().unwrap();
        let (stdout, stderr) = (text_of(&self.stdout), self.complaints());
        let outcome = Outcome { code: status.code(), status, stdout, stderr, peak_kib: self.peak_kib };
        outcome.check();
        outcome
    }

    pub fn is_running(&mut self) -> bool {
        self.look_at_memory();
        self.child.try_wait().unwrap().is_none()
    }

    fn look_at_memory(&mut self) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok());
        self.peak_kib = self.peak_kib.max(peak.unwrap_or_default());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The whole file. The program shares our place in it, so that is left where it is.
fn text_of(file: &File) -> String {
    let mut bytes = vec![0; usize::try_from(file.metadata().unwrap().len()).unwrap()];
    file.read_exact_at(&mut bytes, 0).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// What a run left.
pub struct Outcome {
    /// `None` after a signal.
    pub code: Option<i32>,
    status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    /// The largest resident set that was seen, in KiB.
    pub peak_kib: u64,
}

impl Outcome {
    pub fn words(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// What must hold for every run, whatever its end is.
    fn check(&self) {
        let killed_by = self.status.signal().unwrap_or_default();
        assert!(matches!(killed_by, 0 | 9), "died of signal {killed_by}: {self:?}");
        for word in SECRETS.into_iter().chain(MARKERS).chain(FAULTS) {
            assert!(!self.words().contains(word), "`{word}` was told: {self:?}");
        }
    }

    pub fn expect_exit(self, code: i32) -> Outcome {
        self.expect_exit_among(&[code])
    }

    pub fn expect_exit_among(self, codes: &[i32]) -> Outcome {
        assert!(self.code.is_some_and(|code| codes.contains(&code)), "not exit {codes:?}: {self:?}");
        self
    }

    pub fn expect_told(self, words: &str) -> Outcome {
        assert!(self.stderr.contains(words), "`{words}` was not told: {self:?}");
        self
    }

    /// A number of the JSON summary. Lost receives are told only where there are any.
    pub fn number(&self, key: &str) -> u64 {
        let summary: Value = serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{self:?}"));
        let untold = (key == "lost_receives").then_some(0);
        summary[key].as_u64().or(untold).unwrap_or_else(|| panic!("no {key}: {self:?}"))
    }

    pub fn expect(self, key: &str, number: u64) -> Outcome {
        assert_eq!(self.number(key), number, "{key}: {self:?}");
        self
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{}\n--- stdout\n{}--- stderr\n{}---", self.status, self.stdout, self.stderr)
    }
}

/// Every message received has one fate. Kept rejects are the only ones that nobody tried to delete.
fn assert_balanced(books: &Value) {
    let number = |key: &str| books[key].as_u64().unwrap_or_else(|| panic!("{key} in {books}"));
    let settled = number("inserted") + number("duplicates") + number("rejected");
    assert_eq!(number("received"), settled + number("released"), "{books}");
    assert_eq!(settled - number("kept"), number("deleted") + number("delete_failures"), "{books}");
    assert!(number("refused") <= number("rejected"), "{books}");
}
