//! The proof that every command line in the texts is one that the program takes, with variables it reads.

use kit::Program;
use serde_json::Value;

use super::stack::resources;
use super::{at, strings, text, yaml};

fn help_of(words: &[&str]) -> String {
    Program::new(&words.join(" ")).flags("--help").prints("").run().stdout
}

/// Panics unless the program takes these words and reads these variables.
fn check(words: &[&str], variables: &[&str]) {
    // `--help` comes last, so every word before it has been read and found good.
    assert_eq!(words.first(), Some(&"drain"), "{words:?}");
    let help = help_of(words);
    for variable in variables {
        assert!(help.contains(variable), "{variable} is not one of the program's variables");
    }
}

fn after_the_program(line: &str) -> Vec<&str> {
    let (_, words) = line.split_once("/usr/bin/login-drain ").unwrap();
    words.split_whitespace().collect()
}

fn names(environment: &Value) -> Vec<&str> {
    environment.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect()
}

#[test]
fn a_word_that_the_program_does_not_know_would_be_found_here() {
    assert!(std::panic::catch_unwind(|| check(&["drain", "--no-such-flag"], &[])).is_err());
    assert!(std::panic::catch_unwind(|| check(&["drain"], &["NO_SUCH_VARIABLE"])).is_err());
}

#[test]
fn the_cron_table_starts_the_drain_silently_and_holds_no_secret() {
    let table = text("login-drain.cron");
    let lines: Vec<&str> = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let (settings, jobs): (Vec<&str>, Vec<&str>) =
        lines.into_iter().partition(|line| line.split_once('=').is_some_and(|(name, _)| !name.contains(' ')));
    let names: Vec<&str> =
        settings.iter().filter_map(|line| line.split_once('=')).map(|pair| pair.0).collect();
    assert_eq!(names.first(), Some(&"MAILTO"));
    let [job] = jobs.as_slice() else { panic!("{jobs:?}") };
    let fields: Vec<&str> = job.split_whitespace().collect();
    let of_a_time = |field: &&str| field.bytes().all(|byte| byte.is_ascii_digit() || b"*/,-".contains(&byte));
    assert!(fields[..5].iter().all(of_a_time), "{job}");
    assert_eq!(fields[5], "login-drain", "cron.d wants a user here, and not root");
    assert!(!job.contains('%'), "a percent sign ends the line for cron");
    check(&after_the_program(job), &names[1..]);
    assert!(job.contains("--quiet"), "cron mails whatever is printed");
}

#[test]
fn the_unit_starts_the_drain() {
    let unit = text("systemd/login-drain.service");
    let start = unit.lines().find(|line| line.starts_with("ExecStart=")).unwrap();
    let variables: Vec<&str> = unit
        .lines()
        .filter_map(|line| line.strip_prefix("Environment="))
        .map(|line| line.split_once('=').unwrap().0)
        .collect();
    assert_eq!(variables, ["DATABASE_URL_FILE", "MASK_KEY_FILE"]);
    check(&after_the_program(start), &variables);
}

#[test]
fn the_pods_start_the_drain() {
    for (file, pod) in [
        ("kubernetes/cronjob.yaml", "/spec/jobTemplate/spec/template/spec"),
        ("kubernetes/scaledjob.yaml", "/spec/jobTargetRef/template/spec"),
    ] {
        let file = yaml(file);
        let container = at(&file, &format!("{pod}/containers/0"));
        check(&strings(&container["args"]), &names(&container["env"]));
    }
}

/// libpq's own variable, which no help names.
const ELSEWHERE: &str = "PGSSLMODE";

#[test]
fn the_task_of_the_stack_starts_the_drain() {
    let resources = resources();
    let container = at(&resources, "/Task/Properties/ContainerDefinitions/0");
    // Parameters stand for words that each of their values must be good for.
    let parameters = yaml("cloudformation.yaml");
    let policies = strings(at(&parameters, "/Parameters/Rejects/AllowedValues"));
    for policy in policies {
        let word = |word: &'_ Value| match word["Ref"].as_str() {
            Some("Rejects") => policy.to_owned(),
            Some("MaxSeconds") => at(&parameters, "/Parameters/MaxSeconds/Default").to_string(),
            _ => word.as_str().unwrap().to_owned(),
        };
        let words: Vec<String> = container["Command"].as_array().unwrap().iter().map(word).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).chain(["--exclusive"]).collect();
        let variables = container["Environment"].as_array().unwrap().iter();
        let variables: Vec<&str> = variables.map(|entry| entry["Name"].as_str().unwrap()).collect();
        let ours: Vec<&str> = variables.iter().copied().filter(|name| *name != ELSEWHERE).collect();
        check(&words, &ours);
    }
}
