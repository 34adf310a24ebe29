//! One run of one program: how long it took, its own processor time, its peak memory, what it printed.

use std::io::{Read, Seek};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use wait4::Wait4;

/// A run that lasts longer is broken.
const LONGEST: Duration = Duration::from_secs(600);

/// "Stopped early by a limit", which is how most runs here end.
const STOPPED_BY_A_LIMIT: i32 = 4;

static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

pub struct OneRun {
    /// From the start of the program to its end.
    pub seconds: f64,
    /// Seconds of processor time, user and system, of all its threads.
    pub cpu: f64,
    /// The kernel counts what the bench itself held when it started the program: far less than a drain holds.
    pub peak_mb: f64,
    pub output: String,
}

/// From now on a signal that ends the bench ends what it has started first.
pub fn end_with_what_runs() -> anyhow::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            // Held to the end, so that nothing more is started.
            let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
            for pid in running.iter() {
                let _ = kill_process(*pid, Signal::KILL);
            }
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

/// Runs the command; an error if it fails.
pub fn run(command: Command) -> anyhow::Result<OneRun> {
    run_together(vec![command])?.pop().context("a run gives one result")
}

/// Runs the commands at the same time; one result for each, an error if one of them fails.
pub fn run_together(commands: Vec<Command>) -> anyhow::Result<Vec<OneRun>> {
    let started = Instant::now();
    let runs: Vec<_> =
        commands.into_iter().map(|command| thread::spawn(move || watch(command, started))).collect();
    runs.into_iter()
        .map(|run| run.join().map_err(|_| anyhow::anyhow!("a run was not watched to its end"))?)
        .collect()
}

fn watch(mut command: Command, started: Instant) -> anyhow::Result<OneRun> {
    let mut output = tempfile::tempfile()?;
    command.stdin(Stdio::null()).stdout(output.try_clone()?);
    let child = start(&mut command)?;
    let pid = Pid::from_child(&child);
    let (ended, has_ended) = mpsc::channel::<()>();
    thread::spawn(move || {
        if has_ended.recv_timeout(LONGEST) == Err(mpsc::RecvTimeoutError::Timeout) {
            let _ = kill_process(pid, Signal::KILL);
        }
    });
    let used = child.wait4()?;
    let seconds = started.elapsed().as_secs_f64();
    drop(ended);
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).retain(|running| *running != pid);
    let mut text = String::new();
    output.rewind()?;
    output.read_to_string(&mut text)?;
    if !matches!(used.status.code(), Some(0 | STOPPED_BY_A_LIMIT)) {
        bail!("{command:?} ended with {}:\n{text}", used.status);
    }
    Ok(OneRun {
        seconds,
        cpu: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
        peak_mb: used.rusage.maxrss as f64 / 1_048_576.0,
        output: text,
    })
}

fn start(command: &mut Command) -> anyhow::Result<Child> {
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let child = command.spawn().with_context(|| format!("could not start {:?}", command.get_program()))?;
    running.push(Pid::from_child(&child));
    Ok(child)
}
