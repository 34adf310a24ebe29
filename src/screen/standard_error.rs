//! Every line on standard error: for a person, or as JSON for a log collector.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use clap::ValueEnum;

use crate::printable::{printable, printable_json};

/// How lines on standard error are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

/// Set once, before the first line; the watchdog and the panic hook speak from other threads.
static AS_JSON: AtomicBool = AtomicBool::new(false);

pub fn use_format(format: LogFormat) {
    AS_JSON.store(format == LogFormat::Json, Ordering::Relaxed);
}

/// Why the program ends.
pub fn error(message: &str) {
    say("error", "", message);
}

/// Odd, and no reason to stop.
pub fn warning(message: &str) {
    say("warning", "warning: ", message);
}

pub fn warnings(messages: &[String]) {
    messages.iter().for_each(|message| warning(message));
}

/// What is going on.
pub fn note(message: &str) {
    say("info", "", message);
}

/// A closed standard error is no reason to fail.
fn say(level: &str, prefix: &str, message: &str) {
    let line = match AS_JSON.load(Ordering::Relaxed) {
        true => printable_json(&as_json(level, message, OffsetDateTime::now_utc())),
        // Names and answers that come from outside may be anywhere in it.
        false => format!("login-drain: {prefix}{}", printable(message)),
    };
    let _ = writeln!(io::stderr(), "{line}");
}

fn as_json(level: &str, message: &str, at: OffsetDateTime) -> String {
    let time = at.format(&Rfc3339).unwrap_or_default();
    serde_json::json!({ "time": time, "level": level, "program": "login-drain", "message": message })
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_as_json_is_one_object_whatever_the_message_holds() {
        let line = as_json("warning", "a \"quote\"\nand a line", OffsetDateTime::UNIX_EPOCH);
        let object: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(object["message"], "a \"quote\"\nand a line");
        assert_eq!((&object["time"], &object["level"]), (&"1970-01-01T00:00:00Z".into(), &"warning".into()));
        assert!(!line.contains('\n'));
    }
}
