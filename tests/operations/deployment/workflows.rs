//! The rules that the workflows of continuous integration must meet.

use std::path::Path;

use serde_json::{Value, json};

use super::{at, yaml};

const FILES: [&str; 2] = ["ci.yml", "release.yml"];

fn workflow(file: &str) -> Value {
    yaml(&format!("../../.github/workflows/{file}"))
}

fn steps(workflow: &Value) -> Vec<&Value> {
    let jobs = workflow["jobs"].as_object().unwrap().values();
    jobs.flat_map(|job| job["steps"].as_array().unwrap()).collect()
}

#[test]
fn actions_are_pinned_by_commit_and_nothing_is_allowed_but_reading() {
    for file in FILES {
        let workflow = workflow(file);
        assert_eq!(workflow["permissions"], json!({ "contents": "read" }), "{file}");
        for action in steps(&workflow).into_iter().filter_map(|step| step["uses"].as_str()) {
            let (_, commit) = action.split_once('@').unwrap();
            let is_commit = commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_commit, "{file}: {action}");
        }
        for (name, job) in workflow["jobs"].as_object().unwrap() {
            let more = job.get("permissions");
            assert!(more.is_none() || (file, name.as_str()) == ("release.yml", "publish"), "{file}: {name}");
            assert!(job["timeout-minutes"].is_u64(), "{file}: {name}");
        }
    }
    let release = workflow("release.yml");
    assert_eq!(at(&release, "/jobs/publish/permissions"), &json!({ "contents": "write" }));
}

#[test]
fn continuous_integration_runs_what_a_developer_runs_on_both_systems() {
    let workflow = workflow("ci.yml");
    assert!(steps(&workflow).iter().any(|step| step["run"] == "scripts/test"));
    let systems = at(&workflow, "/jobs/test/strategy/matrix/include").as_array().unwrap();
    let systems: Vec<&str> = systems.iter().map(|system| system["system"].as_str().unwrap()).collect();
    assert!(systems.iter().any(|system| system.starts_with("debian")), "{systems:?}");
    assert!(systems.iter().any(|system| system.starts_with("ubuntu")), "{systems:?}");
}

#[test]
fn every_script_that_a_workflow_runs_is_there() {
    for file in FILES {
        let workflow = workflow(file);
        for run in steps(&workflow).into_iter().filter_map(|step| step["run"].as_str()) {
            for script in run.split_whitespace().filter(|word| word.starts_with("scripts/")) {
                assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(script).is_file(), "{file}: {script}");
            }
        }
    }
}
