//! The findings as JSON for machines.

use serde_json::{Value, json};

use super::{Finding, Report, State, text};
use crate::printable::printable_json;

/// One object on one line.
pub fn render(report: &Report) -> String {
    let works = match (report.count(State::Problem), report.count(State::OutOfReach)) {
        (0, 0) => Value::Bool(true),
        (0, _) => Value::Null,
        _ => Value::Bool(false),
    };
    let report = json!({
        "works": works,
        "line": text::verdict(report),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
    });
    printable_json(&report.to_string())
}

fn finding(finding: &Finding) -> Value {
    json!({
        "about": finding.about,
        "state": finding.state.word().replace(' ', "_"),
        "text": finding.text,
        "cure": finding.cure,
    })
}
