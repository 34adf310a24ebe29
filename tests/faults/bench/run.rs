//! One run of the real program: started, signalled, killed or awaited, and what it said.

use std::fs::File;
use std::io::{Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Nothing may take longer than this: a run that does hangs.
const HANGS: Duration = Duration::from_secs(120);
/// What no output may hold: the beginnings of every address and device id that scenes send.
pub const MARKERS: [&str; 2] = ["203.113.", "771-66-"];

/// A run that has not ended yet. Dropping it kills it.
pub struct Running {
    child: Child,
    output: File,
    errors: File,
    started: Instant,
    peak_kib: u64,
}

#[derive(Debug)]
pub struct Finished {
    /// `None` for a run that was killed.
    pub code: Option<i32>,
    pub output: String,
    pub errors: String,
    pub took: Duration,
    /// The largest resident set that was seen, in KiB.
    pub peak_kib: u64,
}

impl Running {
    pub fn start(mut command: Command) -> Running {
        let (output, errors) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        command.stdout(output.try_clone().unwrap());
        Running::start_with_output(command, output, errors)
    }

    /// Standard output is already what the command says; `output` is read at the end.
    pub fn start_with_output(command: Command, output: File, errors: File) -> Running {
        let sink = errors.try_clone().unwrap();
        Running::start_with_errors(command, output, errors, sink)
    }

    /// Standard error goes to `sink`; `errors` is read at the end.
    pub fn start_with_errors(mut command: Command, output: File, errors: File, sink: File) -> Running {
        command.stdin(Stdio::null()).stderr(sink);
        let child = command.spawn().expect("the program starts");
        Running { child, output, errors, started: Instant::now(), peak_kib: 0 }
    }

    /// SIGKILL, at once.
    pub fn kill(mut self) -> Finished {
        let _ = self.child.kill();
        self.finish()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub fn has_ended(&mut self) -> bool {
        self.look_at_memory();
        self.child.try_wait().unwrap().is_some()
    }

    pub fn finish(mut self) -> Finished {
        while !self.has_ended() {
            if self.started.elapsed() > HANGS {
                let _ = self.child.kill();
                panic!("the program hangs; it said:\n{}", text_of(&mut self.errors));
            }
            thread::sleep(Duration::from_millis(3));
        }
        let status = self.child.wait().unwrap();
        let finished = Finished {
            code: status.code(),
            output: text_of(&mut self.output),
            errors: text_of(&mut self.errors),
            took: self.started.elapsed(),
            peak_kib: self.peak_kib,
        };
        let killed_by = status.signal().unwrap_or_default();
        assert!(matches!(killed_by, 0 | 9), "died of signal {killed_by}: {finished:?}");
        finished.expect_no_personal_values();
        finished
    }

    fn look_at_memory(&mut self) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let line = status
            .unwrap_or_default()
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse().ok());
        self.peak_kib = self.peak_kib.max(line.unwrap_or_default());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text_of(file: &mut File) -> String {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Finished {
    pub fn expect_exit(self, code: i32) -> Finished {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    pub fn expect_exit_among(self, codes: &[i32]) -> Finished {
        assert!(self.code.is_some_and(|code| codes.contains(&code)), "{codes:?}: {self:#?}");
        self
    }

    pub fn expect_told(self, words: &str) -> Finished {
        assert!(self.errors.contains(words), "`{words}` was not told: {self:#?}");
        self
    }

    /// A number of the JSON summary. Lost receives are told only where there are any.
    pub fn number(&self, key: &str) -> u64 {
        let summary: Value = serde_json::from_str(&self.output).unwrap_or_else(|_| panic!("{self:#?}"));
        let untold = (key == "lost_receives").then_some(0);
        summary[key].as_u64().or(untold).unwrap_or_else(|| panic!("no {key}: {self:#?}"))
    }

    pub fn expect(self, key: &str, number: u64) -> Finished {
        assert_eq!(self.number(key), number, "{key}: {self:#?}");
        self
    }

    fn expect_no_personal_values(&self) {
        for marker in MARKERS {
            assert!(!self.output.contains(marker) && !self.errors.contains(marker), "told: {self:#?}");
        }
        assert!(!self.errors.contains("a fault of login-drain"), "a panic: {self:#?}");
        assert!(!self.errors.contains("do not balance"), "books: {self:#?}");
    }
}
