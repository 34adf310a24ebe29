//! What is measured: each part makes some lines of the table.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use clap::ValueEnum;
use serde_json::Value;

use crate::floor;
use crate::ledger;
use crate::one_run::{OneRun, run, run_together};
use crate::scene::{Program, SCRIPTS, Scene};
use crate::sealing;
use crate::store_alone;
use crate::table::{Sample, Table, thousands};
use crate::turns::in_turn;

const LATENCY_MS: u32 = 20;
const SLOW: [&str; 2] = ["--latency-ms", "20"];
const MOST_PER_CALL: u32 = 10;
/// Of a server whose replies hold one to nine messages.
const USUAL_PER_CALL: u32 = 5;
/// The default of --wait-seconds, with which a run ends that ends because the queue stays empty.
const LAST_WAIT: f64 = 2.0;

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Part {
    Drains,
    Floor,
    Sealing,
    Scripts,
    Latency,
    TwoDrainers,
    Store,
    Ledger,
    Calls,
    StartUp,
}

impl Part {
    pub const ALL: [Part; 10] = [
        Part::Drains,
        Part::Floor,
        Part::Sealing,
        Part::Scripts,
        Part::Latency,
        Part::TwoDrainers,
        Part::Store,
        Part::Ledger,
        Part::Calls,
        Part::StartUp,
    ];

    /// Adds the part's lines to the table; `large`: those too that take minutes.
    pub fn measure(self, scene: &Scene, runs: u32, large: bool, table: &mut Table) -> anyhow::Result<()> {
        match self {
            Part::Drains => drains(scene, runs, large, table),
            Part::Floor => floor::measure(scene, runs, table),
            Part::Sealing => sealing::measure(scene, runs, table),
            Part::Scripts => scripts(scene, runs, table),
            Part::Latency => latency(scene, runs, table),
            Part::TwoDrainers => two_drainers(scene, runs, table),
            Part::Store => store(scene, runs, table),
            Part::Ledger => ledger::measure(scene, runs, large, table),
            Part::Calls => calls(scene, runs, table),
            Part::StartUp => start_up(scene, runs, table),
        }
    }
}

fn no_note(_: &[f64], _: f64) -> String {
    String::new()
}

/// The rate, the processor time and the memory of a run that stored so many messages.
pub fn sample(run: &OneRun, messages: u32, last_wait: f64) -> Sample {
    Sample {
        rate: Some(f64::from(messages) / (run.seconds - last_wait)),
        cpu_us: Some(run.cpu / f64::from(messages) * 1e6),
        peak_mb: Some(run.peak_mb),
        noted: Vec::new(),
    }
}

/// Full queues of several sizes, --max-messages their number, so that no run ends in a wait.
fn drains(scene: &Scene, runs: u32, large: bool, table: &mut Table) -> anyhow::Result<()> {
    let sizes: &[u32] = if large { &[10_000, 100_000, 1_000_000] } else { &[10_000, 100_000] };
    for &messages in sizes {
        let name = format!("login-drain, {} messages", thousands(messages.into()));
        let samples =
            in_turn(&scene.programs, runs, |program| drain(scene, program, messages, &How::LIMITED))?;
        table.add(&name, &samples, no_note)?;
    }
    let to_its_end = How { limited: false, ..How::LIMITED };
    let samples = in_turn(&scene.programs, runs, |program| drain(scene, program, 100_000, &to_its_end))?;
    table.add(
        "login-drain, 100,000 messages, until the queue stays empty (2 s taken off)",
        &samples,
        no_note,
    )?;
    let in_query = How { server: &["--query-only"], ..How::LIMITED };
    let samples = in_turn(&scene.programs, runs, |program| drain(scene, program, 100_000, &in_query))?;
    table.add("login-drain, 100,000 messages, Query protocol", &samples, no_note)
}

/// The ways in which a queue is drained.
pub struct How<'a> {
    /// By --max-messages, so that no run ends in a wait.
    pub limited: bool,
    /// Flags of the server.
    pub server: &'a [&'a str],
    pub flags: &'a [&'a str],
}

impl How<'static> {
    pub const LIMITED: How<'static> = How { limited: true, server: &[], flags: &[] };
}

pub fn drain(scene: &Scene, program: &Program, messages: u32, how: &How<'_>) -> anyhow::Result<Sample> {
    program.empty_tables()?;
    let queue = scene.queue(messages, how.server)?;
    let mut command = program.command(&["drain"]);
    command.args(how.flags);
    if how.limited {
        command.args(["--max-messages", &messages.to_string()]);
    }
    queue.lead(&mut command);
    let done = run(command)?;
    program.expect_rows(messages)?;
    Ok(sample(&done, messages, if how.limited { 0.0 } else { LAST_WAIT }))
}

/// Programs that do the same in Python. Only the measured program's database is used.
fn scripts(scene: &Scene, runs: u32, table: &mut Table) -> anyhow::Result<()> {
    let [program, ..] = scene.programs.as_slice() else { return Ok(()) };
    let python = python_of_the_peers()?;
    let peers = [
        ("boto3, one transaction and one delete a message", "one_by_one.py", 2_000),
        ("boto3, 8 threads, COPY in 1,000s", "threads_and_copy.py", 20_000),
    ];
    for (name, script, messages) in peers {
        let samples = in_turn(std::slice::from_ref(program), runs, |program| {
            program.empty_tables()?;
            let queue = scene.queue(messages, &[])?;
            let mut command = Command::new(&python);
            program.surround(&mut command);
            command.arg(format!("{SCRIPTS}/lib/peers/{script}")).arg(messages.to_string());
            queue.lead(&mut command);
            let done = run(command)?;
            program.expect_rows(messages)?;
            Ok(sample(&done, messages, 0.0))
        })?;
        table.add(&format!("{name} ({} messages)", thousands(messages.into())), &samples, no_note)?;
    }
    Ok(())
}

/// The python that has what the peers need, after installing it where it is missing.
fn python_of_the_peers() -> anyhow::Result<PathBuf> {
    let mut command = Command::new("python3");
    command.arg(format!("{SCRIPTS}/lib/pinned_packages.py")).arg("bench-python");
    command.arg(format!("{SCRIPTS}/lib/peers/requirements.txt")).arg("boto3 and psycopg");
    let told = command.stderr(Stdio::inherit()).output().context("could not start python3")?;
    ensure!(told.status.success(), "the packages of the Python peers could not be installed");
    Ok(String::from_utf8(told.stdout)?.trim().into())
}

/// Rates with a slow queue, against what its latency allows.
fn latency(scene: &Scene, runs: u32, table: &mut Table) -> anyhow::Result<()> {
    let uneven = [SLOW.as_slice(), &["--uneven-replies"]].concat();
    let full = [8, 16, 32, 64].map(|receivers| (receivers, MOST_PER_CALL, "", SLOW.as_slice()));
    let lines = full.into_iter().chain([(64, USUAL_PER_CALL, ", one to nine messages a reply", &*uneven)]);
    for (receivers, per_call, told, server) in lines {
        let bound = receivers * per_call * 1000 / LATENCY_MS;
        let messages = bound * 8;
        let name = format!(
            "{LATENCY_MS} ms a call{told}, {receivers} receivers ({} messages)",
            thousands(messages.into())
        );
        let samples = in_turn(&scene.programs, runs, |program| {
            let rate = rate_of_a_slow_queue(scene, program, server, messages, receivers, 1)?;
            Ok(Sample { rate: Some(rate), ..Sample::default() })
        })?;
        table.add(&name, &samples, |_, rate| {
            let bound = f64::from(bound);
            format!("{:.0}% of the bound {}", rate / bound * 100.0, thousands(bound))
        })?;
    }
    Ok(())
}

fn two_drainers(scene: &Scene, runs: u32, table: &mut Table) -> anyhow::Result<()> {
    let samples = in_turn(&scene.programs, runs, |program| {
        let one = rate_of_a_slow_queue(scene, program, &SLOW, 32_000, 8, 1)?;
        let two = rate_of_a_slow_queue(scene, program, &SLOW, 32_000, 8, 2)?;
        Ok(Sample { rate: Some(two), noted: vec![two / one], ..Sample::default() })
    })?;
    table.add(
        &format!("{LATENCY_MS} ms a call, 8 receivers, 2 drainers on one queue"),
        &samples,
        |noted, _| {
            let [times] = noted else { return String::new() };
            format!("{times:.2} times one drainer")
        },
    )
}

/// Messages a second of so many drainers at once, which share a queue evenly.
fn rate_of_a_slow_queue(
    scene: &Scene,
    program: &Program,
    server: &[&str],
    each: u32,
    receivers: u32,
    drainers: u32,
) -> anyhow::Result<f64> {
    program.empty_tables()?;
    let queue = scene.queue(each * drainers, server)?;
    let (receivers, limit) = (receivers.to_string(), each.to_string());
    let commands = (0..drainers).map(|_| {
        let mut command = program.command(&["drain", "--receivers", &receivers, "--max-messages", &limit]);
        queue.lead(&mut command);
        command
    });
    let done = run_together(commands.collect())?;
    program.expect_rows(each * drainers)?;
    let longest = done.iter().map(|run| run.seconds).fold(0.0, f64::max);
    Ok(f64::from(each * drainers) / longest)
}

/// The drain's SQL without a drain; the programs play no part in it.
fn store(scene: &Scene, runs: u32, table: &mut Table) -> anyhow::Result<()> {
    let [program, ..] = scene.programs.as_slice() else { return Ok(()) };
    let samples = in_turn(std::slice::from_ref(program), runs, |program| {
        program.empty_tables()?;
        let rates = store_alone::rates(&mut program.database.borrow_mut())?;
        Ok(Sample {
            rate: Some(rates.drain),
            noted: vec![rates.drain / rates.bare, rates.bare],
            ..Sample::default()
        })
    })?;
    table.add("the store's SQL alone, 1,000 rows a batch", &samples, |noted, _| {
        let [share, bare] = noted else { return String::new() };
        format!("{:.0}% of a bare unnest insert ({}/s)", share * 100.0, thousands(*bare))
    })
}

/// What a run asks of SQS, on a full queue and on an empty one.
fn calls(scene: &Scene, runs: u32, table: &mut Table) -> anyhow::Result<()> {
    const MESSAGES: u32 = 100_000;
    let samples = in_turn(&scene.programs, 1, |program| {
        program.empty_tables()?;
        let queue = scene.queue(MESSAGES, &[])?;
        let mut command =
            program.command(&["drain", "--format", "json", "--max-messages", &MESSAGES.to_string()]);
        queue.lead(&mut command);
        let summary = serde_json::from_str(&run(command)?.output)?;
        let calls = count(&summary, "receive_calls")? + count(&summary, "delete_calls")?;
        Ok(Sample { noted: vec![calls / f64::from(MESSAGES)], ..Sample::default() })
    })?;
    table.add("calls on a full queue of 100,000", &samples, |noted, _| {
        let [calls] = noted else { return String::new() };
        format!("{calls:.4} a message")
    })?;
    let samples = in_turn(&scene.programs, runs, |program| {
        let queue = scene.queue(0, &[])?;
        let mut command = program.command(&["drain", "--format", "json"]);
        queue.lead(&mut command);
        let done = run(command)?;
        let receives = count(&serde_json::from_str(&done.output)?, "receive_calls")?;
        Ok(Sample { noted: vec![receives, done.seconds, done.cpu * 1000.0], ..Sample::default() })
    })?;
    table.add("an idle run, --wait-seconds 2", &samples, |noted, _| {
        let [receives, seconds, cpu_ms] = noted else { return String::new() };
        format!("{receives} receives, {seconds:.3} s, {cpu_ms:.1} ms of processor time")
    })
}

fn count(summary: &Value, key: &str) -> anyhow::Result<f64> {
    summary.get(key).and_then(Value::as_f64).with_context(|| format!("the summary has no number {key}"))
}

fn start_up(scene: &Scene, runs: u32, table: &mut Table) -> anyhow::Result<()> {
    for arguments in [&["--version"][..], &["init-db", "--print"]] {
        let once = |program: &Program| {
            let done = run(program.command(arguments))?;
            Ok(Sample { noted: vec![done.seconds * 1000.0], ..Sample::default() })
        };
        // The first one reads the program from disk.
        in_turn(&scene.programs, 1, once)?;
        let samples = in_turn(&scene.programs, runs.max(9), once)?;
        table.add(&format!("start: login-drain {}", arguments.join(" ")), &samples, |noted, _| {
            let [ms] = noted else { return String::new() };
            format!("{ms:.1} ms")
        })?;
    }
    Ok(())
}
