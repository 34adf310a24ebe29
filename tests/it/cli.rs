//! The tests of the command line itself: help, usage, and every exit code, each produced for real.

use kit::{ClosedPort, Program, Scene, login, rogue};

#[test]
fn help_teaches_the_settings_and_the_exit_codes() {
    let short = Program::new("--help").prints("login-drain init-db").prints("Exit codes:").run();
    for code in ["0 ", "1 ", "2 ", "3 ", "4 ", "75 "] {
        assert!(short.stdout.contains(&format!("\n  {code}")), "{code} in {}", short.stdout);
    }
    let drain = Program::new("drain --help").prints("[default: 1000]").run().stdout;
    for variable in
        ["LOGIN_DRAIN_QUEUE_URL", "LOGIN_DRAIN_QUEUE_NAME", "AWS_REGION", "DATABASE_URL", "MASK_KEY_FILE"]
    {
        assert!(drain.contains(variable), "{variable} in {drain}");
    }
}

#[test]
fn help_never_shows_a_setting_of_the_environment() {
    let outcome = Program::new("drain --help")
        .env("DATABASE_URL", "postgres://me:hunter2@db/logins")
        .env("LOGIN_DRAIN_QUEUE_URL", "https://queue-of-mine")
        .prints("")
        .run();
    assert!(!outcome.stdout.contains("queue-of-mine"));
}

#[test]
fn the_version_is_the_one_of_the_package() {
    Program::new("--version").prints(&format!("login-drain {}", env!("CARGO_PKG_VERSION"))).run();
}

#[test]
fn wrong_usage_exits_2() {
    Program::new("").exits(2).complains("Usage: login-drain [OPTIONS] <COMMAND>").run();
    for line in [
        "drian",
        "drain --no-such-flag",
        "drain --batch-size 0",
        "drain --batch-size 10001",
        "drain --receivers 257",
        "drain --wait-seconds 21",
        "drain --max-messages 0",
        "drain --max-reject-percent 101",
        "drain --rejects burn",
        "drain --queue-url http://x/1/q --queue-name q",
        "drain --format xml",
        "peek -n 0",
        "peek --database-url postgres://x/y",
        "init-db --queue-name q",
        // What is left of a script's unset variable.
        "drain --queue-url=",
        "status --queue-name=",
        "check --database-secret=",
        "erase --user-id=",
    ] {
        let outcome = Program::new(line).exits(2).complains("error: ").complains("try '--help'").run();
        assert_eq!(outcome.stdout, "", "{line}");
    }
}

#[test]
fn every_exit_code_is_real() {
    let scene = Scene::new().ready(&[&login("anna")]);
    let table = scene.table();
    scene
        .drain()
        .exits(0)
        .prints(&format!("drained: 1 stored in {table}, queue empty, nothing in flight"))
        .run();
    scene.drain().without("AWS_REGION").exits(1).complains("AWS_REGION").run();
    scene.drain().flags("--max-seconds many").exits(2).complains("invalid value").run();
    scene.queue.send(&[&rogue()]);
    scene.drain().exits(3).prints(&format!("drained: 0 stored in {table}, 1 rejected")).run();
    scene.queue.send(&[&login("boris"), &login("clara")]);
    scene
        .drain()
        .flags("--max-messages 1")
        .exits(4)
        .prints("stopped at --max-messages, nothing lost: 1 stored")
        .run();
    let nobody = ClosedPort::take();
    scene
        .drain()
        .env("AWS_ENDPOINT_URL_SQS", &nobody.url())
        .exits(75)
        .complains("nothing is lost, the next run goes on")
        .run();
}

#[test]
fn the_manual_page_is_read_alike_under_every_language() {
    let page = Program::new("man").prints(".TH login-drain 1").run().stdout;
    assert!(page.is_ascii(), "{:?}", page.chars().filter(|letter| !letter.is_ascii()).collect::<String>());
}

#[test]
fn bash_completes_verbs_flags_and_their_words() {
    let script = Program::new("completions bash").prints("complete -F").run().stdout;
    let completed = |words: &[&str]| {
        let (word, before) = (words[words.len() - 1], words[words.len() - 2]);
        let asked = format!(
            "{script}\nCOMP_WORDS=({}); COMP_CWORD={}; function=$(complete -p login-drain); function=${{function#*-F }}; \
             ${{function%% *}} login-drain '{word}' '{before}'; echo ${{COMPREPLY[@]}}",
            words.iter().map(|word| format!("'{word}' ")).collect::<String>(),
            words.len() - 1
        );
        let told = std::process::Command::new("bash").args(["--norc", "-c", &asked]).output().unwrap();
        String::from_utf8(told.stdout).unwrap().trim_end().to_owned()
    };
    assert_eq!(completed(&["login-drain", "pe"]), "peek");
    assert_eq!(completed(&["login-drain", "drain", "--rej"]), "--rejects");
    assert_eq!(completed(&["login-drain", "drain", "--rejects", "k"]), "keep");
    assert_eq!(completed(&["login-drain", "init-db", "--pri"]), "--print");
}

#[test]
fn values_that_cannot_be_read_are_told_by_where_they_come_from() {
    for (command, what) in [("mask ip", "values"), ("erase", "ids")] {
        let program =
            Program::new(command).env("DATABASE_URL", "postgres://127.0.0.1:9/none").reads(b"\xff\n");
        program
            .exits(1)
            .complains(&format!("could not read the {what} on standard input, which must be UTF-8"))
            .run();
    }
}

#[test]
fn lines_on_standard_error_are_json_where_asked() {
    for program in
        [Program::new("drain --log-format json"), Program::new("drain").env("LOGIN_DRAIN_LOG_FORMAT", "json")]
    {
        let outcome = program.exits(1).complains("nothing is set yet").run();
        let object: serde_json::Value = serde_json::from_str(outcome.stderr.trim_end()).unwrap();
        assert_eq!((&object["level"], &object["program"]), (&"error".into(), &"login-drain".into()));
        assert!(object["message"].as_str().unwrap().starts_with("nothing is set yet"));
    }
    let refused = Program::new("drain").env("LOGIN_DRAIN_LOG_FORMAT", "xml");
    refused.fails_with(1, "LOGIN_DRAIN_LOG_FORMAT must be `text` or `json`");
}
