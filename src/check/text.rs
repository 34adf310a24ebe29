//! The findings as a table for people.

use super::{Report, State};
use crate::printable::printable;

/// A line for each finding, its cure below it, and the verdict as the last line.
pub fn render(report: &Report) -> String {
    let mut lines = Vec::new();
    for finding in &report.findings {
        let text = printable(&finding.text);
        lines.push(format!("{:<12}  {:<11}  {text}", finding.state.word(), finding.about));
        lines.extend(finding.cure.iter().map(|cure| format!("{:<27}to do: {}", "", printable(cure))));
    }
    lines.push(verdict(report));
    lines.join("\n")
}

pub fn verdict(report: &Report) -> String {
    let several = |count: usize, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    };
    let problems = report.count(State::Problem);
    let mute = report.count(State::OutOfReach);
    let warnings = match report.count(State::Warning) {
        0 => String::new(),
        count => format!(", {}", several(count, "warning", "warnings")),
    };
    match (problems, mute) {
        (0, 0) => format!("a drain would work{warnings}"),
        (0, mute) => format!(
            "nobody knows whether a drain would work: {} out of reach{warnings}",
            several(mute, "thing", "things")
        ),
        (problems, _) => format!(
            "a drain would not work as it should: {}{warnings}",
            several(problems, "problem", "problems")
        ),
    }
}
