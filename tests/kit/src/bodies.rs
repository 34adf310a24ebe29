//! Message bodies for tests.

use std::process::Command;

use serde_json::{Value, json};

use super::surroundings::ROOT;

/// A valid login of one user.
pub fn login(user: &str) -> String {
    login_with(user, &[])
}

/// A valid login in which some fields have other values.
pub fn login_with(user: &str, changes: &[(&str, Value)]) -> String {
    let mut body = json!({
        "user_id": user,
        "app_version": "2.3.0",
        "device_type": "android",
        "ip": "199.172.111.135",
        "locale": "RU",
        "device_id": "593-47-5928",
    });
    for (field, value) in changes {
        body[*field] = value.clone();
    }
    body.to_string()
}

/// A message that some other program sent to the wrong queue.
pub fn rogue() -> String {
    json!({"foo": "oops_wrong_msg_type", "bar": "123"}).to_string()
}

/// One made-up event and what should become of it.
pub struct Made {
    pub stored: bool,
    pub body: String,
}

/// Events of scripts/seed-queue: good ones, repeated ones, and a share of odd ones.
pub fn made_up_events(count: usize, flags: &str) -> Vec<Made> {
    let output = Command::new(format!("{ROOT}/scripts/seed-queue"))
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .args(["--print", "--with-verdict", "--count", &count.to_string()])
        .args(flags.split_whitespace())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let read = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        Made { stored: line["verdict"] == "store", body: line["body"].as_str().unwrap().to_owned() }
    };
    String::from_utf8(output.stdout).unwrap().lines().map(read).collect()
}
