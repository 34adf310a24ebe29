//! The tests of `LOGIN_DRAIN_<FLAG>`: each flag has one, flags win, and a wrong value is told by its name.

use kit::{Program, Scene, login, rogue};

const COMMANDS: [&str; 8] = ["drain", "peek", "init-db", "check", "status", "erase", "unseal", "mask"];

fn help(command: &str, flag: &str) -> String {
    Program::new(command).flags(flag).prints("Usage").run().stdout
}

/// The long flags that a help text lists, one a line.
fn flags(help: &str) -> Vec<String> {
    // The text of a flag stands further to the right.
    let flag = |line: &str| {
        let listed = line.strip_prefix("  ").filter(|rest| !rest.starts_with("      "))?;
        let (_, rest) = listed.split_once("--").filter(|(before, _)| before.len() <= 4)?;
        Some(rest.split([' ', '[', '=']).next()?.to_owned())
    };
    help.lines().filter_map(flag).collect()
}

#[test]
fn the_help_of_every_flag_names_its_variable() {
    for command in COMMANDS {
        let help = help(command, "--help");
        // Lines are wrapped anywhere.
        let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
        let flags = flags(&help);
        assert!(flags.len() > 2, "{command}: {flags:?}");
        for flag in flags.iter().filter(|flag| *flag != "help" && *flag != "user-id") {
            let variable = format!("LOGIN_DRAIN_{}", flag.to_uppercase().replace('-', "_"));
            assert!(
                words.contains(&format!("[env: {variable}]"))
                    || words.contains(&format!("[env: {variable},")),
                "{command} --{flag}: {variable}"
            );
        }
    }
}

#[test]
fn the_short_help_fits_a_screen_and_the_long_one_tells_more() {
    let at_80_columns =
        |command: &str| Program::new(command).env("COLUMNS", "80").flags("-h").prints("Usage").run();
    for command in COMMANDS.into_iter().chain([""]) {
        let (short, long) = (at_80_columns(command).stdout, help(command, "--help"));
        let lines = short.lines().count();
        // Two commands have more flags under more headings than the lowest terminal has lines.
        let most = if ["drain", "check"].contains(&command) { 40 } else { 24 };
        assert!(
            lines <= most && short.lines().all(|line| line.chars().count() <= 80),
            "{command}: {lines}\n{short}"
        );
        assert!(long.lines().count() > lines, "{command}");
    }
    let short = help("drain", "-h");
    for heading in ["Queue:", "Database:", "Masking:", "Rejects:", "Bounds:", "Output:", "Watching:"] {
        assert!(short.lines().any(|line| line == heading), "{heading}");
    }
}

#[test]
fn a_drain_is_set_up_by_variables_alone() {
    let scene = Scene::new().ready(&[&login("anna"), &login("boris"), &rogue()]);
    let drain = scene
        .program("drain")
        .env("LOGIN_DRAIN_WAIT_SECONDS", "0")
        .env("LOGIN_DRAIN_BATCH_SIZE", "1")
        .env("LOGIN_DRAIN_REJECTS", "keep")
        .env("LOGIN_DRAIN_FORMAT", "json")
        .env("LOGIN_DRAIN_METRICS_FILE", &scene.path("metrics").display().to_string())
        .env("LOGIN_DRAIN_METRICS_FORMAT", "emf")
        .env("LOGIN_DRAIN_TABLE_ROUTES_ROWS", "false");
    let told: serde_json::Value = serde_json::from_str(&drain.exits(3).prints("{").run().stdout).unwrap();
    assert_eq!((&told["inserted"], &told["kept"]), (&2.into(), &1.into()));
    assert!(std::fs::read_to_string(scene.path("metrics")).unwrap().starts_with('{'));
}

#[test]
fn a_form_of_metrics_that_nobody_writes_is_no_fault_of_a_variable() {
    let scene = Scene::new().ready(&[]);
    scene.drain().env("LOGIN_DRAIN_METRICS_FORMAT", "emf").flags("--quiet").run();
    let typed = scene.drain().flags("--metrics-format emf");
    typed.exits(2).complains("--metrics-file <FILE>").run();
}

#[test]
fn the_specific_variable_goes_before_the_general_one_and_the_flag_before_both() {
    let scene = Scene::new().ready(&[&login("anna")]);
    let wrong = "postgres://127.0.0.1:9/wrong";
    let key = |name: &str, hex: &str| scene.file(name, hex.as_bytes(), 0o600).display().to_string();
    let (specific, general) = (
        key("specific", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        key("general", "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"),
    );
    let drain = scene
        .drain()
        .env("DATABASE_URL", wrong)
        .env("LOGIN_DRAIN_DATABASE_URL", &scene.database.url())
        .env("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9")
        .env("LOGIN_DRAIN_ENDPOINT_URL", scene.queue.endpoint())
        .env("MASK_KEY_FILE", &general)
        .env("LOGIN_DRAIN_MASK_KEY_FILE", &specific);
    assert_eq!(drain.books()["inserted"], 1);
    let keys =
        || scene.database.rows("SELECT count(DISTINCT split_part(masked_ip, ':', 1)) FROM user_logins");

    scene.queue.send(&[&login("boris")]);
    let drain = scene
        .drain()
        .env("LOGIN_DRAIN_DATABASE_URL", wrong)
        .env("LOGIN_DRAIN_MASK_KEY_FILE", &general)
        .flags("--database-url")
        .flags(&scene.database.url())
        .flags("--mask-key-file")
        .flags(&specific);
    assert_eq!(drain.books()["inserted"], 1);
    assert_eq!(keys(), ["1"]);
    scene.queue.send(&[&login("clara")]);
    assert_eq!(scene.drain().env("MASK_KEY_FILE", &general).books()["inserted"], 1);
    assert_eq!(keys(), ["2"]);
}

#[test]
fn a_flag_silences_the_variable_of_its_rival() {
    let scene = Scene::new().ready(&[&login("anna")]);
    let name = scene.queue.url().rsplit('/').next().unwrap().to_owned();
    let by_name = scene.drain().env("LOGIN_DRAIN_QUEUE_URL", "http://127.0.0.1:9/1/wrong");
    assert_eq!(by_name.flags("--queue-name").flags(&name).books()["inserted"], 1);
    scene.queue.send(&[&login("boris")]);
    let by_url = scene.drain().env("LOGIN_DRAIN_DATABASE_SECRET", "nowhere").flags("--database-url");
    assert_eq!(by_url.flags(&scene.database.url()).books()["inserted"], 1);
    let metrics = scene.path("metrics");
    let dry = scene.drain().env("LOGIN_DRAIN_METRICS_FILE", &metrics.display().to_string());
    dry.flags("--dry-run").prints("dry run").run();
    assert!(!metrics.exists());
}

/// As a file, a ConfigMap or a list in YAML leaves it.
#[test]
fn white_space_around_the_value_of_a_variable_is_none_of_it_and_white_space_alone_is_no_value() {
    let scene = Scene::new().ready(&[&login("anna"), &rogue()]);
    let drain = scene
        .drain()
        .env("LOGIN_DRAIN_QUEUE_URL", &format!("{}\n", scene.queue.url()))
        .env("LOGIN_DRAIN_QUEUE_NAME", " ")
        .env("LOGIN_DRAIN_MAX_SECONDS", "\n")
        .env("LOGIN_DRAIN_RECEIVERS", "1\n")
        .env("LOGIN_DRAIN_REJECTS", " keep")
        .env("LOGIN_DRAIN_DRY_RUN", "false ")
        .env("LOGIN_DRAIN_METRICS_FILE", " ")
        .env("LOGIN_DRAIN_EXIT_ZERO_ON", "rejects, stopped\n");
    let books = drain.books();
    assert_eq!((&books["inserted"], &books["kept"]), (&1.into(), &1.into()));
}

#[test]
fn rivals_among_the_variables_are_at_odds() {
    for (one, other) in [
        ("LOGIN_DRAIN_QUEUE_URL", "LOGIN_DRAIN_QUEUE_NAME"),
        ("LOGIN_DRAIN_DATABASE_URL", "LOGIN_DRAIN_DATABASE_SECRET"),
        ("LOGIN_DRAIN_DRY_RUN", "LOGIN_DRAIN_METRICS_FILE"),
    ] {
        let line = format!("both {one} and {other} are set: unset one of them");
        Program::new("drain").env(one, "true").env(other, "true").fails_with(1, &line);
    }
}

#[test]
fn a_wrong_value_is_told_with_the_variable_and_what_it_may_be() {
    for (command, variable, value, demand) in [
        ("drain", "LOGIN_DRAIN_BATCH_SIZE", "0", "must be a whole number from 1 to 10000"),
        ("drain", "LOGIN_DRAIN_RECEIVERS", "many", "must be a whole number from 1 to 256"),
        ("drain", "LOGIN_DRAIN_WAIT_SECONDS", "21", "must be a whole number from 0 to 20"),
        ("drain", "LOGIN_DRAIN_MAX_MESSAGES", "-1", "must be a whole number, 1 or more"),
        ("drain", "LOGIN_DRAIN_MAX_REJECT_PERCENT", "101", "must be a whole number from 0 to 100"),
        ("drain", "LOGIN_DRAIN_DATABASE_TIMEOUT", "1.5", "must be a whole number from 1 to 3600"),
        ("drain", "LOGIN_DRAIN_REJECTS", "burn", "must be `delete`, `keep` or `dead-letter`"),
        ("drain", "LOGIN_DRAIN_FORMAT", "xml", "must be `text` or `json`"),
        ("drain", "LOGIN_DRAIN_DATABASE_AUTH", "hunter2", "must be `password` or `rds-iam`"),
        ("drain", "LOGIN_DRAIN_QUIET", "yes", "must be `true` or `false`"),
        (
            "drain",
            "LOGIN_DRAIN_EXIT_ZERO_ON",
            "rejects,all",
            "must be a list of `rejects`, `refused`, `delete-failures` and `stopped`",
        ),
        ("peek", "LOGIN_DRAIN_MESSAGES", "1001", "must be a whole number from 1 to 1000"),
        ("peek", "LOGIN_DRAIN_ATTRIBUTES_ONLY", "2", "must be `true` or `false`"),
        ("init-db", "LOGIN_DRAIN_DATABASE_TIMEOUT", "0", "must be a whole number from 1 to 3600"),
    ] {
        Program::new(command).env(variable, value).fails_with(1, &format!("{variable} {demand}"));
    }
}

#[test]
fn a_wrong_variable_that_does_not_matter_here_is_passed_over() {
    let scene = Scene::new().ready(&[]);
    let drain = scene.drain().env("LOGIN_DRAIN_MESSAGES", "none").env("LOGIN_DRAIN_WAIT_SECONDS", "none");
    drain.flags("--quiet").run();
}

#[test]
fn a_run_that_a_variable_stops_leaves_its_metrics() {
    let scene = Scene::new().ready(&[]);
    let drain = scene.drain().env("LOGIN_DRAIN_BATCH_SIZE", "0").flags("--metrics-file -");
    drain.exits(1).complains("LOGIN_DRAIN_BATCH_SIZE").prints("login_drain_last_run_exit_code").run();
}

#[test]
fn what_is_excused_ends_with_0_and_the_table_of_runs_keeps_the_real_code() {
    let scene = Scene::new().ready(&[]);
    let rows =
        || scene.database.rows("SELECT exit_code FROM login_drain_runs ORDER BY started_at DESC LIMIT 1");
    let run = |excused: &str, more: &str, told: i32, kept: &str| {
        scene.queue.send(&[&login("anna"), &rogue(), &login("boris")]);
        let drain = scene.drain().env("LOGIN_DRAIN_EXIT_ZERO_ON", excused).flags(more);
        drain.exits(told).may_say_anything().run();
        assert_eq!(rows(), [kept], "{excused} {more}");
        scene.drain().ends_somehow().run();
    };
    run("rejects", "", 0, "3");
    run("refused,delete-failures,stopped", "", 3, "3");
    run("rejects,stopped", "--max-messages 3", 0, "4");
    run("stopped", "--max-messages 3", 4, "4");
    run("stopped", "--max-messages 3 --exit-zero-on rejects,stopped", 0, "4");
}
