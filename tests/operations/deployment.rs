//! The proof that the texts in `scripts/deploy` fit the program and the places they are for.

mod access;
mod checkers;
mod command_lines;
mod compose;
mod kubernetes;
mod stack;
mod systemd;
mod table;
mod watching;
mod workflows;

use std::process::Command;

use serde_json::Value;

/// A file below `scripts/deploy`.
fn text(file: &str) -> String {
    let path = format!("{}/scripts/deploy/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn json(file: &str) -> Value {
    serde_json::from_str(&text(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// As Kubernetes reads it; panics where it would refuse.
fn yaml(file: &str) -> Value {
    let scripts = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts");
    let mut python = Command::new("python3");
    python.arg(format!("{scripts}/lib/yaml_as_json.py")).arg(format!("{scripts}/deploy/{file}"));
    let output = python.output().unwrap_or_else(|error| panic!("python3: {error}"));
    assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The value at a path of keys and places, such as `/spec/template/0`; panics where there is none.
fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    value.pointer(path).unwrap_or_else(|| panic!("nothing at {path}"))
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}
