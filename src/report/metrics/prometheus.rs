//! The text format of Prometheus, as node_exporter's textfile collector reads it.

use std::fmt::Write;

use time::OffsetDateTime;

use super::{Gauge, Run, Sample, gauges};

const LAST_SUCCESS: &str = "last_success_timestamp_seconds";

/// Several lines, the last with its line feed, without which Prometheus refuses the text.
pub fn render(run: &Run) -> String {
    let queue = escaped(&run.queue);
    gauges(run).iter().fold(String::new(), |text, gauge| text + &family(gauge, &queue))
}

/// The time that an earlier run of the same queue left behind.
pub fn last_success(text: &str, queue: &str) -> Option<OffsetDateTime> {
    let series = series(LAST_SUCCESS, &escaped(queue), None);
    let seconds: f64 = text.lines().find_map(|line| line.strip_prefix(&series))?.trim().parse().ok()?;
    OffsetDateTime::from_unix_timestamp_nanos((seconds * 1000.0).round() as i128 * 1_000_000).ok()
}

fn family(gauge: &Gauge, queue: &str) -> String {
    let Gauge { name, help, samples } = gauge;
    let mut text = format!("# HELP login_drain_{name} {help}\n# TYPE login_drain_{name} gauge\n");
    for Sample { label, value } in samples {
        let _ = writeln!(text, "{} {value}", series(name, queue, *label));
    }
    text
}

fn series(name: &str, queue: &str, label: Option<(&str, &str)>) -> String {
    let label = label.map(|(name, value)| format!(",{name}=\"{value}\"")).unwrap_or_default();
    format!("login_drain_{name}{{queue=\"{queue}\"{label}}}")
}

/// A label value may hold anything but these three as they are.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests;
