//! The tests of `status`: what it says of every state of the table of runs, line and exit code, and who may ask.

use kit::{ClosedPort, Scene, login};
use serde_json::Value;

const LOGINS: &str = "sqs.eu-west-1.amazonaws.com/1/logins";
const NO_RUN: &str =
    "not healthy: no run is recorded: is this the queue, and the database that it is drained into?";
const URL: &str = "https://sqs.eu-west-1.amazonaws.com/1/logins";

/// A row of the table of runs.
struct Run {
    queue: &'static str,
    /// Seconds since its end.
    age: i64,
    code: i16,
    because: &'static str,
    received: i64,
    inserted: i64,
    rogue: i64,
    refused: i64,
    oldest: Option<i64>,
}

/// A run that drained the queue; every change from it is written out.
const GOOD: Run = Run {
    queue: LOGINS,
    age: 130,
    code: 0,
    because: "empty",
    received: 1234,
    inserted: 1234,
    rogue: 0,
    refused: 0,
    oldest: Some(40),
};
const FAILED: Run =
    Run { code: 1, because: "failed", received: 0, inserted: 0, oldest: None, age: 70, ..GOOD };
const OUT_OF_REACH: Run = Run { code: 75, ..FAILED };
const LEFT: Run = Run { because: "another_run", received: 0, inserted: 0, oldest: None, age: 70, ..GOOD };

fn fill(scene: &Scene, runs: &[Run]) {
    scene.database.run("DELETE FROM login_drain_runs");
    for (number, run) in runs.iter().enumerate() {
        let Run { queue, age, code, because, received, inserted, rogue, refused, oldest } = run;
        let oldest = oldest.map_or("NULL".to_owned(), |seconds| seconds.to_string());
        scene.database.run(&format!(
            "INSERT INTO login_drain_runs SELECT md5('{number}')::uuid, '{queue}', ended - interval '1 second', ended,
            {code}, '{because}', {received}, {inserted}, 0, {rogue} + {refused}, {rogue}, {refused}, {refused}, 0,
            {oldest}, 0, 'host', '0.1.0' FROM (SELECT now() - interval '{age} seconds') AS run (ended)"
        ));
    }
}

#[test]
fn each_state_of_the_table_has_its_line_and_its_exit_code() {
    let scene = Scene::new().ready(&[]);
    let status = |flags: &str| scene.program("status").without("LOGIN_DRAIN_QUEUE_URL").flags(flags);
    let well = "healthy: logins drained 2 minutes ago, 1,234 stored, oldest message 40 seconds";
    let told = |runs: &[Run], flags: &str, code: i32, line: &str| {
        fill(&scene, runs);
        let outcome = status(flags).prints("").exits(code).run();
        assert_eq!(outcome.stdout, format!("{line}\n"), "{flags}");
    };
    told(&[], "", 1, NO_RUN);
    told(&[GOOD], "", 0, well);
    told(&[GOOD], "--queue-url https://SQS.eu-west-1.amazonaws.com:443/1/logins/", 0, well);
    told(&[GOOD], "--queue-name logins", 0, well);
    told(&[GOOD], "--queue-name other", 1, NO_RUN);
    told(&[GOOD], "--queue-url https://sqs.eu-west-1.amazonaws.com/2/logins", 1, NO_RUN);
    // An idle queue is drained, too.
    told(
        &[Run { received: 0, inserted: 0, oldest: None, ..GOOD }],
        "",
        0,
        "healthy: logins drained 2 minutes ago, 0 stored",
    );
    // A limit is an end in good order; a signal says nothing about the queue.
    told(&[Run { code: 4, because: "max_seconds", ..GOOD }], "", 0, well);
    told(&[Run { code: 4, because: "max_messages", ..GOOD }], "", 0, well);
    told(
        &[Run { code: 4, because: "signal", ..GOOD }],
        "",
        1,
        "not healthy: logins: no good run is recorded, the last run ended 2 minutes ago on host with 4 (stopped early)",
    );
    // The queue looked empty, but a reply was lost.
    told(
        &[Run { code: 75, ..GOOD }],
        "",
        1,
        "not healthy: logins: no good run is recorded, the last run ended 2 minutes ago on host with 75 (a service was out of \
         reach)",
    );
    told(
        &[Run { age: 1000, ..GOOD }],
        "",
        1,
        "not healthy: logins drained 16 minutes ago, which is more than 15m, and no run ended since: is it still scheduled, or still \
         running?",
    );
    told(
        &[Run { age: 1000, ..GOOD }],
        "--max-age 20m",
        0,
        &well.replace('2', "16").replacen("1,1634", "1,234", 1),
    );
    told(
        &[GOOD],
        "--max-age 90s",
        1,
        "not healthy: logins drained 2 minutes ago, which is more than 90s, and no run ended since: is it still scheduled, or still \
         running?",
    );
    told(
        &[Run { age: 8000, ..GOOD }, OUT_OF_REACH],
        "--max-age 2h",
        1,
        "not healthy: logins drained 2 hours ago, which is more than 2h, the last run ended 1 minute ago on host with 75 (a \
         service was out of reach)",
    );
    // 75 mends itself, for as long as the last good run is young enough; 1 does not.
    told(
        &[GOOD, OUT_OF_REACH],
        "",
        0,
        &format!("{well}; a later run ended 1 minute ago on host with 75 (a service was out of reach)"),
    );
    told(
        &[GOOD, FAILED],
        "",
        1,
        "not healthy: logins: the last run ended 1 minute ago on host with 1 (somebody must change something), the last good \
         one 2 minutes ago",
    );
    told(&[Run { age: 200, ..FAILED }, GOOD], "", 0, well);
    told(
        &[FAILED],
        "",
        1,
        "not healthy: logins: no good run is recorded, the last run ended 1 minute ago on host with 1 (somebody must change \
         something)",
    );
    // Leaving the queue to another run is no sign of life, and hides none.
    told(&[LEFT], "", 1, "not healthy: logins: no good run is recorded");
    told(&[GOOD, LEFT], "", 0, well);
    told(
        &[Run { age: 1000, ..GOOD }, LEFT],
        "",
        1,
        "not healthy: logins drained 16 minutes ago, which is more than 15m, and no run ended since: is it still scheduled, or still \
         running?",
    );
    // A machine whose clock was ahead is no sign of life either.
    told(
        &[Run { age: 1000, ..GOOD }, Run { age: -7200, ..GOOD }],
        "",
        1,
        "not healthy: logins drained 16 minutes ago, which is more than 15m, and no run ended since: is it still scheduled, or still \
         running?",
    );
    told(
        &[Run { age: -60, ..GOOD }],
        "",
        0,
        "healthy: logins drained 0 seconds ago, 1,234 stored, oldest message 40 seconds",
    );
    // Only the last run counts as failing, and a limit reached between two failures is an end in good order.
    told(
        &[Run { age: 300, ..FAILED }, Run { age: 200, code: 4, because: "max_seconds", ..GOOD }],
        "",
        0,
        &well.replacen('2', "3", 1),
    );
    // Rejects do not make a queue unhealthy: they have metrics of their own.
    told(&[Run { code: 3, ..GOOD }], "", 0, well);
    // A run that was killed has no row, and a run that is years old is told in words.
    told(
        &[Run { age: 40 * 86_400, ..GOOD }],
        "",
        1,
        "not healthy: logins drained 40 days ago, which is more than 15m, and no run ended since: is it still scheduled, \
         or still running?",
    );
}

#[test]
fn no_time_zone_of_the_server_or_of_the_machine_changes_what_is_told() {
    let scene = Scene::new().ready(&[]);
    fill(&scene, &[GOOD]);
    for (server, machine) in [("Pacific/Kiritimati", "Pacific/Niue"), ("Pacific/Niue", "Pacific/Kiritimati")]
    {
        let status =
            scene.program("status").without("LOGIN_DRAIN_QUEUE_URL").env("TZ", machine).env("PGTZ", server);
        let told = status.flags("--format json").prints("healthy: logins drained 2 minutes ago, ").run();
        let status: Value = serde_json::from_str(&told.stdout).unwrap();
        assert!(status["queues"][0]["last_run"]["ended_at"].as_str().unwrap().ends_with('Z'));
    }
}

#[test]
fn the_words_of_its_json_are_these() {
    let scene = Scene::new().ready(&[]);
    fill(&scene, &[GOOD]);
    let told =
        scene.program("status").without("LOGIN_DRAIN_QUEUE_URL").flags("--format json").prints("{").run();
    let status: Value = serde_json::from_str(&told.stdout).unwrap();
    let keys =
        |value: &Value| value.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>().join(" ");
    assert_eq!(keys(&status), "healthy line max_age_seconds queues");
    let queue = &status["queues"][0];
    assert_eq!(keys(queue), "day_before health last_good_run last_run queue");
    assert_eq!(keys(&queue["day_before"]), "oldest_message_seconds received rejected rejected_percent runs");
    assert_eq!(
        keys(&queue["last_run"]),
        "age_seconds duplicates ended_at exit_code host inserted oldest_message_seconds queue_visible received rejected \
         rejected_percent stopped_because"
    );
}

#[test]
fn the_line_tells_what_moved_and_how_it_was_the_day_before() {
    let scene = Scene::new().ready(&[]);
    let told = |runs: &[Run], line: &str| {
        fill(&scene, runs);
        let status = scene.program("status").without("LOGIN_DRAIN_QUEUE_URL");
        assert_eq!(status.prints("").run().stdout, format!("{line}\n"));
    };
    let rejects = Run { code: 3, received: 1000, inserted: 960, rogue: 30, refused: 10, ..GOOD };
    told(
        &[Run { ..rejects }],
        "healthy: logins drained 2 minutes ago, 960 stored, 40 rejected, 4 %, oldest message 40 seconds",
    );
    told(
        &[
            Run { age: 3600, received: 500, inserted: 499, rogue: 1, oldest: Some(100), ..GOOD },
            Run { age: 7200, received: 500, inserted: 500, oldest: Some(200), ..GOOD },
            // Longer ago than a day.
            Run { age: 90_000, received: 500, inserted: 0, rogue: 500, oldest: Some(9000), ..GOOD },
            rejects,
        ],
        "healthy: logins drained 2 minutes ago, 960 stored, 40 rejected, 4 % (0.1 % the day before), \
         oldest message 40 seconds (2 minutes the day before)",
    );
}

#[test]
fn a_healthy_queue_hides_no_dead_one() {
    let scene = Scene::new().ready(&[]);
    let other = Run { queue: "sqs.eu-west-1.amazonaws.com/1/others", ..GOOD };
    let dead = Run { age: 7300, ..GOOD };
    let status =
        |flags: &str| scene.program("status").without("LOGIN_DRAIN_QUEUE_URL").flags(flags).prints("");
    let words = "drained 2 minutes ago, 1,234 stored, oldest message 40 seconds";
    fill(&scene, &[GOOD, Run { ..other }]);
    assert_eq!(status("").run().stdout, format!("healthy, 2 queues: logins {words}; others {words}\n"));
    fill(&scene, &[dead, other]);
    assert_eq!(
        status("").exits(1).run().stdout,
        format!(
            "not healthy, 1 of 2 queues: logins drained 2 hours ago, which is more than 15m, and no run ended since: is it still scheduled, or still running?; \
             others {words}\n"
        )
    );
    assert_eq!(status("--queue-name others").run().stdout, format!("healthy: others {words}\n"));
    let by_variable = scene.program("status").env("LOGIN_DRAIN_QUEUE_URL", URL).prints("not healthy: logins");
    by_variable.exits(1).run();
}

#[test]
fn a_run_that_failed_before_it_knew_its_queue_counts_for_each_of_that_name() {
    let scene = Scene::new().ready(&[]);
    let far = Run { queue: "sqs.us-east-1.amazonaws.com/1/logins", ..GOOD };
    fill(&scene, &[GOOD, far, Run { queue: "logins", ..FAILED }]);
    let failed = "the last run ended 1 minute ago on host with 1 (somebody must change something), the last good one 2 minutes ago";
    let status = scene.program("status").without("LOGIN_DRAIN_QUEUE_URL").prints("").exits(1).run();
    assert_eq!(
        status.stdout,
        format!(
            "not healthy, 2 of 2 queues: sqs.eu-west-1.amazonaws.com/1/logins: {failed}; \
             sqs.us-east-1.amazonaws.com/1/logins: {failed}\n"
        )
    );
}

#[test]
fn machines_read_json() {
    let scene = Scene::new().ready(&[]);
    fill(&scene, &[Run { age: 3600, ..GOOD }, GOOD, OUT_OF_REACH]);
    let outcome =
        scene.program("status").without("LOGIN_DRAIN_QUEUE_URL").flags("--format json").prints("{").run();
    let status: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!((&status["healthy"], &status["max_age_seconds"]), (&true.into(), &900.into()));
    let queue = &status["queues"][0];
    assert_eq!((&queue["queue"], &queue["health"]), (&LOGINS.into(), &"fresh".into()));
    assert_eq!(
        (&queue["last_run"]["exit_code"], &queue["last_good_run"]["inserted"]),
        (&75.into(), &1234.into())
    );
    assert_eq!(queue["day_before"]["runs"], 1);
    assert!(queue["last_good_run"]["age_seconds"].as_u64().unwrap() >= 130);
}

#[test]
fn what_cannot_be_known_is_told_with_the_way_to_it() {
    let nobody = ClosedPort::take();
    let scene = Scene::new();
    let nowhere = format!("postgres://drain@127.0.0.1:{}/none", nobody.number());
    let status = || scene.program("status").env("DATABASE_URL", &nowhere).exits(75);
    status().complains("could not connect to PostgreSQL").run();
    let told = status().complains("could not connect").flags("--format json").prints("{").run();
    let json: Value = serde_json::from_str(&told.stdout).unwrap();
    assert!(json["healthy"].is_null() && json["error"].as_str().unwrap().starts_with("could not connect"));
    let place = scene.database.place(&scene.database.user());
    scene.program("status").fails_with(
        1,
        &format!(
            "could not read the table of runs at {place}: table user_logins does not exist: run `login-drain init-db`"
        ),
    );
    scene.init_db();
    scene.database.run("ALTER TABLE login_drain_runs RENAME TO hidden");
    scene.program("status").fails_with(
        1,
        &format!(
            "could not read the table of runs at {place}: table login_drain_runs does not exist: run `login-drain init-db`"
        ),
    );
    scene.database.run("ALTER TABLE hidden RENAME TO login_drain_runs");
    let (role, url) = scene.database.role();
    scene.program("status").env("DATABASE_URL", &url).fails_with(
        1,
        &format!(
            "this user may not read login_drain_runs at {}: grant it what sql/operator/grants.sql grants to \
             login_drain_status",
            scene.database.place(&role)
        ),
    );
    for age in ["15", "0m", "soon", "401d"] {
        scene.program("status").flags("--max-age").flags(age).exits(2).complains("such as 90s, 15m").run();
    }
}

#[test]
fn a_drain_is_seen_by_the_role_that_may_read_its_runs_alone() {
    let scene = Scene::new().ready(&[&login("anna")]);
    scene.drain().flags("--quiet").run();
    let (role, url) = scene.database.role();
    scene.database.run(&format!("GRANT SELECT ON login_drain_runs TO {role}"));
    let status = || scene.program("status").env("DATABASE_URL", &url);
    assert!(status().prints(" ago, 1 stored").run().stdout.starts_with("healthy: "));
    // The failure of a run that came no further than its settings' queue is seen as well.
    scene.drain().env("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9").exits(75).may_say_anything().run();
    status().prints("; a later run ended ").prints("with 75 (a service was out of reach)").run();
}
