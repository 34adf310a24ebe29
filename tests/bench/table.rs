//! The table: medians, ratios of two programs, Markdown, and a word on the machine it was made on.

use std::fs::File;
use std::io::Write;
use std::process::Command;

use crate::scene::Scene;

const HEAD: &str = "\
| what | messages/s | processor time a message (own process) | peak memory | |
|---|---:|---:|---:|---|";

/// What one run has shown.
#[derive(Clone, Default)]
pub struct Sample {
    /// Messages a second.
    pub rate: Option<f64>,
    /// Microseconds of processor time a message.
    pub cpu_us: Option<f64>,
    pub peak_mb: Option<f64>,
    /// Figures that a line's own note tells.
    pub noted: Vec<f64>,
}

impl Sample {
    /// Notes the share of the other's rate, and how many times its processor time.
    pub fn set_against(&mut self, other: &Sample) {
        let over = |one: Option<f64>, other: Option<f64>| one.unwrap_or_default() / other.unwrap_or_default();
        self.noted = vec![over(self.rate, other.rate), over(self.cpu_us, other.cpu_us)];
    }
}

/// Prints each line as soon as it is known.
pub struct Table {
    copy: Option<File>,
}

impl Table {
    pub fn new(copy: Option<File>) -> Table {
        Table { copy }
    }

    pub fn begin(&mut self, runs: u32, scene: &Scene) -> anyhow::Result<()> {
        let postgres =
            scene.programs.first().map(|program| program.server_version()).transpose()?.unwrap_or_default();
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').take(3).collect::<Vec<_>>().join(", ");
        let cores = std::thread::available_parallelism()?;
        self.write(&format!(
            "Medians of {runs} runs, the highest peak; `{}` on {cores} cores of {} that the drainer shares with \
             PostgreSQL {postgres} (fsync on) and the in-memory SQS server; load before the first run: {load}.",
            commit(),
            processor(),
        ))?;
        if let [_, against] = scene.programs.as_slice() {
            self.write(&format!(
                "Against {}; a ratio is the median of those of the runs.",
                against.path.display()
            ))?;
        }
        self.write(&format!("\n{HEAD}"))
    }

    /// The first list of `samples` is of the program that is measured; a second one is set against it.
    /// `note` makes the last column of the figures noted and of the rate.
    pub fn add(
        &mut self,
        name: &str,
        samples: &[Vec<Sample>],
        note: impl Fn(&[f64], f64) -> String,
    ) -> anyhow::Result<()> {
        for (name, samples) in [name, "— against"].into_iter().zip(samples) {
            let middle = Sample::middle(samples);
            let peak_mb = samples.iter().filter_map(|sample| sample.peak_mb).reduce(f64::max);
            let note = note(&middle.noted, middle.rate.unwrap_or_default());
            let cpu = middle.cpu_us.map(|us| format!("{us:.1} us"));
            self.row(
                name,
                [middle.rate.map(thousands), cpu, peak_mb.map(|mb| format!("{mb:.0} MB")), Some(note)],
            )?;
        }
        if let [measured, against] = samples {
            let ratios: Vec<_> = measured.iter().zip(against).map(|(one, other)| one.over(other)).collect();
            let middle = Sample::middle(&ratios);
            let show = |ratio: f64| format!("×{ratio:.3}");
            let noted = middle.noted.iter().copied().map(show).collect::<Vec<_>>().join(", ");
            let [rate, cpu, peak] = [middle.rate, middle.cpu_us, middle.peak_mb].map(|ratio| ratio.map(show));
            self.row("— ratio", [rate, cpu, peak, Some(noted)])?;
        }
        Ok(())
    }

    fn row(&mut self, name: &str, cells: [Option<String>; 4]) -> anyhow::Result<()> {
        let cells = cells.map(Option::unwrap_or_default);
        self.write(&format!("| {name} | {} |", cells.join(" | ")))
    }

    fn write(&mut self, line: &str) -> anyhow::Result<()> {
        writeln!(std::io::stdout(), "{line}")?;
        if let Some(copy) = &mut self.copy {
            writeln!(copy, "{line}")?;
        }
        Ok(())
    }
}

impl Sample {
    /// The median of each figure.
    fn middle(samples: &[Sample]) -> Sample {
        let of = |figure: fn(&Sample) -> Option<f64>| median(samples.iter().filter_map(figure).collect());
        let noted = samples.iter().map(|sample| sample.noted.len()).max().unwrap_or_default();
        let of_noted = |place: usize| {
            median(samples.iter().filter_map(|sample| sample.noted.get(place).copied()).collect())
        };
        Sample {
            rate: of(|sample| sample.rate),
            cpu_us: of(|sample| sample.cpu_us),
            peak_mb: of(|sample| sample.peak_mb),
            noted: (0..noted).filter_map(of_noted).collect(),
        }
    }

    /// How many times the other's each figure is.
    fn over(&self, other: &Sample) -> Sample {
        let over = |one: Option<f64>, other: Option<f64>| Some(one? / other?);
        Sample {
            rate: over(self.rate, other.rate),
            cpu_us: over(self.cpu_us, other.cpu_us),
            peak_mb: over(self.peak_mb, other.peak_mb),
            noted: self.noted.iter().zip(&other.noted).map(|(one, other)| one / other).collect(),
        }
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get((values.len() - 1) / 2)?;
    Some((lower + upper) / 2.0)
}

/// A whole number with commas: `1,000,000`.
pub fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut written = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            written.push(',');
        }
        written.push(digit);
    }
    written
}

fn commit() -> String {
    let told = Command::new("git").args(["describe", "--always", "--dirty"]).output();
    told.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

fn processor() -> String {
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        told.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(": ").nth(1));
    model.unwrap_or(std::env::consts::ARCH).to_owned()
}
