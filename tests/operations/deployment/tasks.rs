//! The rules that the scheduled task on Fargate must meet.

use serde_json::json;

use super::{at, json, strings};

#[test]
fn the_task_fits_fargate_and_has_nothing_in_reach() {
    let task = json("ecs/task-definition.json");
    assert_eq!(task["requiresCompatibilities"], json!(["FARGATE"]));
    assert_eq!(task["networkMode"], "awsvpc", "Fargate takes no other");
    // The sizes that Fargate offers for a quarter of a processor.
    assert_eq!(task["cpu"], "256");
    assert!(["512", "1024", "2048"].contains(&task["memory"].as_str().unwrap()));
    let container = at(&task, "/containerDefinitions/0");
    assert_eq!(container["readonlyRootFilesystem"], true);
    assert_eq!(container["user"], "65532:65532");
    assert_eq!(strings(at(container, "/linuxParameters/capabilities/drop")), ["ALL"]);
    let grace = container["stopTimeout"].as_u64().unwrap();
    assert!((11..=120).contains(&grace), "the program takes up to 10 seconds, Fargate gives up to 120");
    assert_eq!(at(container, "/logConfiguration/logDriver"), "awslogs", "it carries the line of metrics");
    let secret = at(container, "/secrets/0/valueFrom").as_str().unwrap();
    assert!(secret.starts_with("arn:aws:secretsmanager:"), "{secret}");
}

#[test]
fn the_schedule_starts_that_task_once_and_may_do_no_more() {
    let (task, schedule) = (json("ecs/task-definition.json"), json("ecs/schedule.json"));
    assert_eq!(schedule["ScheduleExpression"], "rate(5 minutes)");
    assert_eq!(at(&schedule, "/FlexibleTimeWindow/Mode"), "OFF");
    let target = at(&schedule, "/Target/EcsParameters");
    assert_eq!(target["TaskCount"], 1);
    assert_eq!(at(&schedule, "/Target/RetryPolicy/MaximumRetryAttempts"), 0, "the schedule is the retry");
    let definition = target["TaskDefinitionArn"].as_str().unwrap();
    assert!(definition.ends_with(&format!("task-definition/{}", task["family"].as_str().unwrap())));

    let role = json("ecs/schedule-role.json");
    let [start, lend] = role["Statement"].as_array().unwrap().as_slice() else { panic!("two statements") };
    assert_eq!((&start["Action"], &lend["Action"]), (&json!(["ecs:RunTask"]), &json!(["iam:PassRole"])));
    assert_eq!(start["Resource"], format!("{definition}:*"));
    assert_eq!(lend["Resource"], json!([task["taskRoleArn"], task["executionRoleArn"]]));
}
