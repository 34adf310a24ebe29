//! The rules of Prometheus's own checker, as far as gauges meet them.

use std::collections::HashSet;

use super::super::samples::run;
use super::*;

/// Panics with the line that breaks a rule.
fn check(text: &str) {
    assert!(text.ends_with('\n'), "no line feed at the end");
    let (mut families, mut seen) = (HashSet::new(), HashSet::new());
    let mut family = "";
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').unwrap();
            check_name(name);
            assert!(words.ends_with('.') && !words.contains('\\'), "{line}");
            assert!(families.insert(name), "a second family: {line}");
            assert_eq!(lines.next(), Some(format!("# TYPE {name} gauge").as_str()));
            assert!(lines.peek().is_some_and(|line| line.starts_with(name)), "no samples: {line}");
            family = name;
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(series.starts_with(&format!("{family}{{")) && series.ends_with('}'), "{line}");
        assert!(value.parse::<f64>().is_ok_and(f64::is_finite), "{line}");
        assert!(seen.insert(series), "a second sample: {line}");
    }
}

/// Plain characters, no unit but a base unit, no word that belongs to another type of metric.
fn check_name(name: &str) {
    assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
    for ending in ["_total", "_count", "_sum", "_bucket", "_info"] {
        assert!(!name.ends_with(ending), "{name} is named like another type");
    }
    let foreign = ["gauge", "milliseconds", "ms", "minutes", "hours", "days", "percent", "kilobytes"];
    assert!(!name.split('_').any(|word| foreign.contains(&word)), "{name}");
    assert!(!name.contains("seconds") || name.ends_with("_seconds"), "{name}: the unit comes last");
}

#[test]
fn every_kind_of_run_is_a_text_that_the_checker_of_prometheus_would_pass() {
    check(&render(&run()));
    check(&render(&Run { tally: None, depth: None, last_success: None, ..run() }));
    check(&render(&Run { queue: "a\"b\\c\nd".to_owned(), ..run() }));
}

#[test]
fn a_run_with_a_bit_of_everything_reads_like_this() {
    let text = render(&run());
    for line in [
        "login_drain_last_run_timestamp_seconds{queue=\"login-queue\"} 1764000004",
        "login_drain_last_run_exit_code{queue=\"login-queue\"} 3",
        "login_drain_last_run_duration_seconds{queue=\"login-queue\"} 4",
        "login_drain_last_run_inserted_messages{queue=\"login-queue\"} 12330",
        "login_drain_last_run_rejected_messages{queue=\"login-queue\",reason=\"not_json\"} 3",
        "login_drain_last_run_rejected_messages{queue=\"login-queue\",reason=\"missing_key\"} 0",
        "login_drain_last_run_sqs_calls{queue=\"login-queue\",call=\"delete\"} 1235",
        "login_drain_last_run_retries{queue=\"login-queue\"} 2",
        "login_drain_last_run_oldest_message_age_seconds{queue=\"login-queue\"} 90",
        "login_drain_queue_in_flight_messages{queue=\"login-queue\"} 7",
    ] {
        assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
    }
}

#[test]
fn the_last_success_is_found_again_for_the_same_queue_only() {
    let at = OffsetDateTime::from_unix_timestamp_nanos(1_764_000_004_123_000_000).unwrap();
    for queue in ["login-queue", "a\"b\\c\nd"] {
        let text = render(&Run { queue: queue.to_owned(), last_success: Some(at), ..run() });
        assert_eq!(last_success(&text, queue), Some(at));
        assert_eq!(last_success(&text, "login"), None);
    }
    for text in ["", "login_drain_last_success_timestamp_seconds{queue=\"login-queue\"} never\n"] {
        assert_eq!(last_success(text, "login-queue"), None, "{text}");
    }
}
