//! The rules that the stack on AWS must meet.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{at, text, yaml};

pub fn resources() -> Value {
    at(&yaml("cloudformation.yaml"), "/Resources").clone()
}

fn of_kind<'a>(resources: &'a Value, kind: &str) -> Vec<(&'a str, &'a Value)> {
    let resources = resources.as_object().unwrap().iter();
    let found = resources.filter(|(_, resource)| resource["Type"] == kind);
    found.map(|(name, resource)| (name.as_str(), &resource["Properties"])).collect()
}

/// The words of the task; a parameter as `${Name}`.
fn command(resources: &Value) -> Vec<String> {
    let words = at(resources, "/Task/Properties/ContainerDefinitions/0/Command").as_array().unwrap();
    let word = |word: &Value| match word.as_str() {
        Some(word) => word.to_owned(),
        None => format!("${{{}}}", word["Ref"].as_str().unwrap()),
    };
    words.iter().map(word).collect()
}

#[test]
fn the_task_fits_fargate_and_has_nothing_in_reach() {
    let resources = resources();
    let task = at(&resources, "/Task/Properties");
    assert_eq!(task["RequiresCompatibilities"], json!(["FARGATE"]));
    assert_eq!(task["NetworkMode"], "awsvpc", "Fargate takes no other");
    let container = at(task, "/ContainerDefinitions/0");
    assert_eq!(container["ReadonlyRootFilesystem"], true);
    assert_eq!(container["User"], "65532:65532", "the user of the image");
    assert_eq!(at(container, "/LinuxParameters/Capabilities/Drop"), &json!(["ALL"]));
    let grace = container["StopTimeout"].as_u64().unwrap();
    assert!((11..=120).contains(&grace), "the program takes up to 10 seconds, Fargate gives up to 120");
    assert_eq!(at(container, "/LogConfiguration/LogDriver"), "awslogs", "it carries the line of metrics");
    assert!(at(container, "/Image/Fn::Sub").as_str().unwrap().ends_with("@${ImageDigest}"));
    assert!(container.get("Secrets").is_none(), "the program fetches its secrets with its own role");
    assert!(at(&resources, "/Log/Properties/RetentionInDays").is_object());
}

#[test]
fn the_schedule_starts_one_drain_that_leaves_to_another_one_of_the_schedule() {
    let resources = resources();
    let target = at(&resources, "/EachPeriod/Properties/Target");
    assert_eq!(at(target, "/EcsParameters/TaskCount"), 1);
    assert_eq!(at(target, "/RetryPolicy/MaximumRetryAttempts"), 0, "the schedule is the retry");
    let input: Value = serde_json::from_str(at(target, "/Input/Fn::Sub").as_str().unwrap()).unwrap();
    assert_eq!(
        at(&input, "/containerOverrides/0/name"),
        at(&resources, "/Task/Properties/ContainerDefinitions/0/Name")
    );
    let expected = [command(&resources), vec!["--exclusive".to_owned()]].concat();
    assert_eq!(at(&input, "/containerOverrides/0/command"), &json!(expected));
}

#[test]
fn a_deep_queue_starts_more_drains_and_each_of_them_ends_by_itself() {
    let resources = resources();
    let command = command(&resources);
    assert!(
        !command.contains(&"--exclusive".to_owned()),
        "a drain beside the scheduled one would leave at once"
    );
    let rules = of_kind(&resources, "AWS::Events::Rule");
    let mut steps: Vec<(u64, u64)> = rules
        .iter()
        .map(|(_, rule)| {
            let pattern = at(rule, "/EventPattern");
            assert_eq!(at(pattern, "/detail-type/0"), "CloudWatch Alarm State Change");
            assert_eq!(at(pattern, "/detail/state/value"), &json!(["ALARM"]));
            let alarm = at(pattern, "/resources/0/Fn::GetAtt/0").as_str().unwrap();
            let alarm = at(&resources, &format!("/{alarm}/Properties"));
            assert_eq!(
                at(alarm, "/Metrics/0/MetricStat/Metric/MetricName"),
                "ApproximateNumberOfMessagesVisible"
            );
            let [target] = rule["Targets"].as_array().unwrap().as_slice() else { panic!("one target") };
            assert_eq!(at(target, "/EcsParameters/TaskDefinitionArn"), &json!({ "Ref": "Task" }));
            let count = at(target, "/EcsParameters/TaskCount").as_u64().unwrap();
            assert!(count <= 10, "RunTask starts up to 10 at once");
            (alarm["Threshold"].as_u64().unwrap(), count)
        })
        .collect();
    steps.sort_unstable();
    assert_eq!(steps, [(1, 1), (4, 3), (16, 8)]);
}

#[test]
fn what_cannot_be_made_again_outlives_the_stack() {
    let resources = resources();
    for kind in ["AWS::SQS::Queue", "AWS::SecretsManager::Secret"] {
        let found = of_kind(&resources, kind);
        assert_eq!(found.len(), 2, "{kind}");
        for (name, _) in found {
            assert_eq!(resources[name]["DeletionPolicy"], "Retain", "{name}");
            assert_eq!(resources[name]["UpdateReplacePolicy"], "Retain", "{name}");
        }
    }
}

#[test]
fn everything_is_in_the_region_of_the_stack() {
    let text = text("cloudformation.yaml");
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let is_region = |word: &&str| {
        let parts: Vec<&str> = word.split('-').collect();
        let number = parts.last().and_then(|last| last.parse::<u32>().ok());
        parts.len() >= 3 && parts[0].len() == 2 && number.is_some()
    };
    let regions: Vec<&str> = words.filter(is_region).collect();
    assert_eq!(regions, [""; 0], "the same text must serve every region");
    assert!(!text.contains("123456789012"), "an account is named");
}

#[test]
fn somebody_is_told_of_whatever_the_program_cannot_mend() {
    let resources = resources();
    let alarms = of_kind(&resources, "AWS::CloudWatch::Alarm");
    let told: BTreeSet<&str> = alarms
        .iter()
        .filter(|(_, alarm)| alarm.get("AlarmActions").is_some())
        .map(|(name, _)| *name)
        .collect();
    let wanted = ["DeadLetters", "NoSuccess", "OldestMessage", "Refused", "RejectsRising"];
    assert_eq!(told, BTreeSet::from(wanted));
    assert_eq!(at(&resources, "/NoSuccess/Properties/TreatMissingData"), "breaching");
    for (name, alarm) in &alarms {
        let shown =
            |metrics: &Vec<Value>| metrics.iter().filter(|metric| metric["ReturnData"] != false).count();
        assert_eq!(alarm["Metrics"].as_array().map_or(1, shown), 1, "{name}: an alarm looks at one number");
    }
    let body = at(&resources, "/Dashboard/Properties/DashboardBody/Fn::Sub").as_str().unwrap();
    for (name, _) in &alarms {
        assert!(body.contains(&format!("${{{name}.Arn}}")), "the dashboard does not show {name}");
    }
}
