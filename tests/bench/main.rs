//! The bench: what is measured in which order, and where its table goes; scripts/bench builds and starts it.

mod floor;
mod ledger;
mod one_run;
mod parts;
mod scene;
mod sealing;
mod store_alone;
mod table;
mod turns;

use std::fs::File;
use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;
use clap::Parser;

use parts::Part;
use scene::Scene;
use table::Table;

/// Measures login-drain; scripts/bench --help says more.
#[derive(Parser)]
struct Flags {
    /// Runs of each line.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=30))]
    runs: u32,
    /// These parts and no others.
    #[arg(long, value_enum, num_args = 1.., default_values_t = Part::ALL)]
    only: Vec<Part>,
    /// Only the drain beside a program that does what none can leave out.
    #[arg(long, conflicts_with = "only")]
    floor: bool,
    /// Also a queue of 1,000,000 messages, and a ledger of 20,000,000 ids.
    #[arg(long)]
    large: bool,
    /// Write the table here too.
    #[arg(long)]
    output: Option<PathBuf>,
    /// Measure this login-drain, not the one that was built beside the bench.
    #[arg(long)]
    program: Option<PathBuf>,
    /// Measure this one too, run by run in turn, and print the ratios.
    #[arg(long)]
    against: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let flags = Flags::parse();
    one_run::end_with_what_runs()?;
    let built = built_programs()?;
    let program = flags.program.unwrap_or_else(|| built.join("login-drain"));
    let sqs_server = built.join("examples/sqs-server");
    let floor = built.join("examples/floor");
    let scene = Scene::new(&program, flags.against.as_deref(), sqs_server, floor)?;
    let output =
        flags.output.map(|path| File::create(&path).with_context(|| format!("could not write {path:?}")));
    let mut table = Table::new(output.transpose()?);
    table.begin(flags.runs, &scene)?;
    let parts = if flags.floor { vec![Part::Floor] } else { flags.only };
    for part in parts {
        part.measure(&scene, flags.runs, flags.large, &mut table)?;
    }
    std::io::stdout().flush()?;
    Ok(())
}

/// The directory of what cargo built together with this program, which is in `examples` below it.
fn built_programs() -> anyhow::Result<PathBuf> {
    let this = std::env::current_exe()?;
    let built = this.parent().and_then(|examples| examples.parent());
    Ok(built.context("could not tell where cargo has put the programs")?.to_owned())
}
