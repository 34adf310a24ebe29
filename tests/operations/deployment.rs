//! The proof that the texts in `scripts/deploy` fit the program and the places they are for.

mod access;
mod command_lines;
mod kubernetes;
mod systemd;
mod tasks;
mod watching;

use serde_json::Value;

/// A file below `scripts/deploy`.
fn text(file: &str) -> String {
    let path = format!("{}/scripts/deploy/{file}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn json(file: &str) -> Value {
    serde_json::from_str(&text(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn yaml(file: &str) -> Value {
    serde_saphyr::from_str(&text(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The value at a path of keys and places, such as `/spec/template/0`; panics where there is none.
fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    value.pointer(path).unwrap_or_else(|| panic!("nothing at {path}"))
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}
