//! The proof that README tells the truth: its example is run, its tables are compared with the program.

use kit::{Program, Scene, made_up_events};

const README: &str = include_str!("../../README.md");

/// The lines of the indented block behind a sentence.
fn block_after(sentence: &str) -> Vec<&'static str> {
    let (_, after) = README.split_once(sentence).expect("the sentence is in README");
    let lines = after.lines().skip_while(|line| line.trim().is_empty());
    lines.map_while(|line| line.strip_prefix("    ")).collect()
}

/// The place of a database differs from machine to machine.
fn without_place(line: &str) -> String {
    line.split(" on host ").next().unwrap().to_owned()
}

#[test]
fn the_example_on_the_first_screen_is_what_the_program_says() {
    let scene = Scene::new();
    let bodies: Vec<String> =
        made_up_events(1000, "--duplicates 20").into_iter().map(|made| made.body).collect();
    scene.queue.send(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
    let block = block_after("It looks like this:");
    assert_eq!(block.len(), 6, "three commands, a line of answer each");
    for pair in block.chunks(2) {
        let command = pair[0].strip_prefix("$ login-drain ").unwrap();
        let command = command.strip_suffix(" | head -1").unwrap_or(command);
        let rejects = pair[1].contains("rejected") && !pair[1].contains("tables");
        let program = scene.program(command).prints("").exits(if rejects { 3 } else { 0 });
        let told = program.run().stdout.lines().next().unwrap().replace(&scene.table(), "public.user_logins");
        assert_eq!(without_place(&told), without_place(pair[1]), "{command}");
    }
}

#[test]
fn every_flag_and_variable_that_readme_names_is_in_the_help() {
    let help: String = [
        "--help",
        "drain --help",
        "peek --help",
        "init-db --help",
        "check --help",
        "status --help",
        "mask --help",
        "erase --help",
        "unseal --help",
    ]
    .map(|command| Program::new(command).prints("Usage").run().stdout)
    .concat();
    // Of other programs.
    let foreign = [
        "--locked",
        "--path",
        "--build",
        "--format",
        "--ignore",
        "--large",
        "--stories",
        "--only",
        "--against",
    ];
    let words = README.split(|letter: char| !letter.is_ascii_alphanumeric() && !"-_".contains(letter));
    let ours = |word: &&str| {
        let flag =
            word.starts_with("--") && word.len() > 2 && !word.ends_with('-') && !foreign.contains(word);
        flag || word.starts_with("LOGIN_DRAIN_")
    };
    let unknown: Vec<&str> = words.filter(ours).filter(|word| !help.contains(*word)).collect();
    assert_eq!(unknown, [""; 0], "in README, and not in the help");
}

#[test]
fn every_reason_for_a_reject_is_in_readme() {
    let scene = Scene::new().ready(&[]);
    // The metrics name every reason, also those that were not met.
    let metrics = scene.drain().flags("--quiet --metrics-file -").prints("reason=").run().stdout;
    let reasons: Vec<&str> =
        metrics.split("reason=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(reasons.len() > 10, "{reasons:?}");
    for reason in reasons {
        assert!(README.contains(&format!("`{reason}`")), "{reason}");
    }
}

#[test]
fn the_exit_codes_are_those_of_the_help() {
    let help = Program::new("--help").prints("Exit codes:").run().stdout;
    let (_, codes) = help.split_once("Exit codes:\n").unwrap();
    for line in codes.lines().filter(|line| !line.trim().is_empty()) {
        let (code, meaning) = line.trim().split_once(' ').unwrap();
        assert!(README.contains(&format!("| {code} | {} |", meaning.trim())), "{line}");
    }
}
