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
    let counted = [
        (State::Problem, "problem", "problems"),
        (State::OutOfReach, "thing out of reach", "things out of reach"),
        (State::Warning, "warning", "warnings"),
    ];
    let counted = counted.map(|(state, one, many)| (report.count(state), one, many));
    let (problems, mute) = (counted[0].0, counted[1].0);
    let counted = counted.into_iter().filter(|(count, ..)| *count > 0);
    let told = counted.map(|(count, one, many)| several(count, one, many)).collect::<Vec<_>>().join(", ");
    match (problems, mute) {
        (0, 0) if told.is_empty() => "a drain would work".to_owned(),
        (0, 0) => format!("a drain would work, {told}"),
        (0, _) => format!("nobody knows whether a drain would work: {told}"),
        _ => format!("a drain would not work as it should: {told}"),
    }
}
