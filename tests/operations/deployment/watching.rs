//! The proof that dashboards and alerts ask for nothing but what a run writes.

use std::collections::BTreeSet;
use std::process::Command;

use kit::{Scene, is_installed};
use serde_json::Value;

use super::stack::resources;
use super::{at, json, text, yaml};
use crate::login;

/// What one real run writes, in each form.
fn written() -> (BTreeSet<String>, Value) {
    let scene = Scene::scripted().ready(&[&login()]);
    let drain = |flags: &str| scene.drain().flags(flags).prints("").run().stdout;
    let prometheus = drain("--quiet --metrics-file -");
    let emf = drain("--quiet --metrics-file - --metrics-format emf");
    (names(&prometheus), serde_json::from_str(&emf).unwrap())
}

/// The names of metrics in any text.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("login_drain_")).map(str::to_owned).collect()
}

/// Tables are named in words for people, beside the metrics.
fn asked_for(text: &str) -> BTreeSet<String> {
    let mut names = names(text);
    names.remove("login_drain_rejects");
    names
}

#[test]
fn alerts_and_the_dashboard_name_only_metrics_that_a_run_writes() {
    let (written, emf) = written();
    for file in ["monitoring/prometheus-rules.yaml", "monitoring/grafana-dashboard.json"] {
        let asked = asked_for(&text(file));
        assert!(asked.len() >= 5, "{file}: {asked:?}");
        assert!(asked.is_subset(&written), "{file}: {:?}", &asked - &written);
    }
    for metric in cloudwatch_metrics(&resources()) {
        match (metric["Namespace"].as_str().unwrap(), metric["MetricName"].as_str().unwrap()) {
            ("login-drain", name) => {
                assert!(emf[name].is_number(), "{name}");
                assert_eq!(at(&metric, "/Dimensions/0/Name"), "queue");
            }
            ("AWS/SQS", "ApproximateAgeOfOldestMessage" | "ApproximateNumberOfMessagesVisible") => {
                assert_eq!(at(&metric, "/Dimensions/0/Name"), "QueueName");
            }
            other => panic!("{other:?} is nobody's metric"),
        }
    }
}

#[test]
fn the_dashboard_of_the_stack_shows_only_metrics_that_there_are() {
    let (_, emf) = written();
    let resources = resources();
    let body = at(&resources, "/Dashboard/Properties/DashboardBody/Fn::Sub").as_str().unwrap();
    let body: Value = serde_json::from_str(&body.replace("${Period}", "300")).unwrap();
    let widgets = body["widgets"].as_array().unwrap().iter();
    let metrics: Vec<&Value> =
        widgets.filter_map(|widget| widget["properties"]["metrics"].as_array()).flatten().collect();
    assert!(metrics.len() > 10, "{metrics:?}");
    for metric in metrics {
        match (metric[0].as_str().unwrap(), metric[1].as_str().unwrap(), metric[2].as_str().unwrap()) {
            ("login-drain", name, "queue") => assert!(emf[name].is_number(), "{name}"),
            ("AWS/SQS", _, "QueueName") => {}
            other => panic!("{other:?} is nobody's metric"),
        }
    }
}

/// Of every alarm, whether it looks at one metric or computes with several.
fn cloudwatch_metrics(resources: &Value) -> Vec<Value> {
    let resources = resources.as_object().unwrap().values();
    let alarms = resources.filter(|resource| resource["Type"] == "AWS::CloudWatch::Alarm");
    let alarms = alarms.map(|alarm| &alarm["Properties"]);
    let several = |alarm: &Value| alarm["Metrics"].as_array().cloned().unwrap_or_default();
    let metrics = alarms.flat_map(|alarm| {
        let computed =
            several(alarm).into_iter().filter_map(|entry| entry.pointer("/MetricStat/Metric").cloned());
        computed.chain(alarm.get("MetricName").map(|_| alarm.clone())).collect::<Vec<_>>()
    });
    metrics.collect()
}

#[test]
fn every_prometheus_rule_is_whole() {
    let rules = yaml("monitoring/prometheus-rules.yaml");
    let rules = at(&rules, "/groups/0/rules").as_array().unwrap();
    let alerts: Vec<&str> = rules.iter().map(|rule| rule["alert"].as_str().unwrap()).collect();
    for wanted in ["NoSuccess", "RejectsRising", "QueueGrowing", "OldestMessageAge"] {
        assert!(alerts.contains(&format!("LoginDrain{wanted}").as_str()), "{wanted}");
    }
    for rule in rules {
        let expression = rule["expr"].as_str().unwrap();
        let count = |sign| expression.matches(sign).count();
        assert!(count('(') == count(')') && count('[') == count(']'), "{expression}");
        assert!(at(rule, "/labels/severity").is_string() && at(rule, "/annotations/summary").is_string());
    }
}

#[test]
fn promtool_finds_no_fault_where_it_exists() {
    if !is_installed("promtool") {
        return;
    }
    for words in
        [["check", "rules", "prometheus-rules.yaml"], ["test", "rules", "prometheus-rules.test.yaml"]]
    {
        let mut promtool = Command::new("promtool");
        promtool.args(words).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/deploy/monitoring"));
        let output = promtool.output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn every_panel_of_the_dashboard_asks_something() {
    let dashboard = json("monitoring/grafana-dashboard.json");
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len());
    for panel in panels {
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty() && targets.iter().all(|target| target["expr"].is_string()));
        let (x, width) =
            (at(panel, "/gridPos/x").as_u64().unwrap(), at(panel, "/gridPos/w").as_u64().unwrap());
        assert!(x + width <= 24, "Grafana's rows have 24 columns");
    }
}

#[test]
fn every_panel_on_the_table_of_runs_is_answered_to_the_role_that_may_read_it() {
    let scene = Scene::scripted().ready(&[&login()]);
    scene.drain().flags("--quiet").run();
    let (role, _) = scene.database.role();
    scene.database.run(&format!("GRANT SELECT ON login_drain_runs TO {role}"));
    let dashboard = json("monitoring/grafana-runs.json");
    let panels = dashboard["panels"].as_array().unwrap();
    assert_eq!(panels.len(), 6);
    for panel in panels {
        let sql = at(panel, "/targets/0/rawSql").as_str().unwrap();
        // As Grafana fills it in.
        let sql =
            sql.replace("$__timeFilter(ended_at)", "ended_at BETWEEN now() - interval '1 day' AND now()");
        assert!(!sql.contains('$'), "{sql}");
        scene.database.run(&format!("SET ROLE {role}"));
        let rows = scene.database.rows(&sql);
        scene.database.run("RESET ROLE");
        assert_eq!(rows.len(), 1, "{sql}");
    }
}

#[test]
fn the_nagios_check_tells_the_three_states_as_its_codes() {
    let config = text("monitoring/nagios.cfg");
    let line = config.lines().find_map(|line| line.trim().strip_prefix("command_line ")).unwrap();
    let scene = Scene::scripted().ready(&[&login()]);
    let check = |url: &str| {
        let line = line.replace("/usr/bin/login-drain", env!("CARGO_BIN_EXE_login-drain"));
        let line = line.replace("service=login_drain_status", &format!("'\\''{url}'\\''"));
        let line = line.replace("\"$ARG1$\"", "15m");
        let output = Command::new("sh").env_clear().arg("-c").arg(line.trim()).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let url = scene.database.url();
    assert_eq!(
        check(&url),
        (
            Some(2),
            "not healthy: no run is recorded: is this the queue, and the database that it is drained into?\n"
                .to_owned()
        )
    );
    scene.drain().flags("--quiet").run();
    let (code, line) = check(&url);
    assert_eq!((code, line.starts_with("healthy: login-queue drained")), (Some(0), true), "{line}");
    let nobody = kit::ClosedPort::take();
    let (code, line) = check(&format!("postgres://x@127.0.0.1:{}/x", nobody.number()));
    assert_eq!((code, line.starts_with("login-drain: could not connect")), (Some(3), true), "{line}");
}
