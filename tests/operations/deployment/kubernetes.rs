//! The rules that the objects for Kubernetes must meet.

use serde_json::{Value, json};

use super::{at, strings, yaml};

const GRACE: u64 = 10;

/// Every field that the texts use, so that one that is misspelled is found.
const FIELDS: &[&str] = &[
    "action",
    "activationQueueLength",
    "activeDeadlineSeconds",
    "allowPrivilegeEscalation",
    "apiVersion",
    "app.kubernetes.io/name",
    "args",
    "authenticationRef",
    "automountServiceAccountToken",
    "awsRegion",
    "backoffLimit",
    "capabilities",
    "concurrencyPolicy",
    "containerName",
    "containers",
    "cpu",
    "defaultMode",
    "drop",
    "env",
    "failedJobsHistoryLimit",
    "fsGroup",
    "image",
    "jobTargetRef",
    "jobTemplate",
    "kind",
    "labels",
    "limits",
    "maxReplicaCount",
    "memory",
    "metadata",
    "mountPath",
    "name",
    "onExitCodes",
    "onPodConditions",
    "operator",
    "podFailurePolicy",
    "podIdentity",
    "pollingInterval",
    "provider",
    "queueLength",
    "queueURL",
    "readOnly",
    "readOnlyRootFilesystem",
    "requests",
    "resources",
    "restartPolicy",
    "rules",
    "runAsGroup",
    "runAsNonRoot",
    "runAsUser",
    "scaleOnInFlight",
    "schedule",
    "seccompProfile",
    "secret",
    "secretName",
    "securityContext",
    "serviceAccountName",
    "spec",
    "startingDeadlineSeconds",
    "status",
    "successfulJobsHistoryLimit",
    "template",
    "terminationGracePeriodSeconds",
    "timeZone",
    "triggers",
    "type",
    "value",
    "values",
    "volumeMounts",
    "volumes",
];

fn check_fields(value: &Value) {
    match value {
        Value::Object(entries) => entries.iter().for_each(|(name, value)| {
            assert!(FIELDS.contains(&name.as_str()), "{name} is no field that this test knows");
            check_fields(value);
        }),
        Value::Array(items) => items.iter().for_each(check_fields),
        _ => {}
    }
}

fn check_job(job: &Value) {
    check_tries(job);
    let pod = at(job, "/template/spec");
    let container = at(pod, "/containers/0");
    assert_eq!(pod["restartPolicy"], "Never");
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert!(pod["terminationGracePeriodSeconds"].as_u64().unwrap() > GRACE);
    assert_eq!(at(pod, "/securityContext/runAsNonRoot"), true);
    assert_eq!(at(pod, "/securityContext/runAsUser"), 65532, "the user of the image");
    assert_eq!(at(pod, "/securityContext/seccompProfile/type"), "RuntimeDefault");
    assert_eq!(at(container, "/securityContext/allowPrivilegeEscalation"), false);
    assert_eq!(at(container, "/securityContext/readOnlyRootFilesystem"), true);
    assert_eq!(strings(at(container, "/securityContext/capabilities/drop")), ["ALL"]);
    assert!(at(container, "/resources/limits/memory").is_string());
    assert!(at(container, "/resources/requests").as_object().unwrap().len() == 2);
    check_secrets(pod, container);
    let arguments = strings(&container["args"]);
    let limit = arguments.iter().position(|word| *word == "--max-seconds").unwrap();
    let seconds: u64 = arguments[limit + 1].parse().unwrap();
    assert!(job["activeDeadlineSeconds"].as_u64().unwrap() > seconds + GRACE);
}

/// Only a service that was out of reach is worth another try; each code has one rule.
fn check_tries(job: &Value) {
    assert!(job["backoffLimit"].as_u64().unwrap() > 0);
    let rules = at(job, "/podFailurePolicy/rules").as_array().unwrap();
    let codes = |action: &str| -> Vec<u64> {
        let rules = rules.iter().filter(|rule| rule["action"] == action && rule.get("onExitCodes").is_some());
        let values = rules.flat_map(|rule| {
            assert_eq!(*at(rule, "/onExitCodes/containerName"), *at(job, "/template/spec/containers/0/name"));
            at(rule, "/onExitCodes/values").as_array().unwrap()
        });
        values.map(|value| value.as_u64().unwrap()).collect()
    };
    assert_eq!((codes("FailJob"), codes("Count")), (vec![1, 2, 3, 4], vec![75]));
}

/// Secrets are files, and every file that is named is mounted.
fn check_secrets(pod: &Value, container: &Value) {
    let mount = at(container, "/volumeMounts/0");
    assert_eq!(mount["readOnly"], true);
    assert_eq!(mount["name"], *at(pod, "/volumes/0/name"));
    assert_eq!(*at(pod, "/volumes/0/secret/defaultMode"), 0o440);
    for variable in container["env"].as_array().unwrap() {
        let (name, value) = (variable["name"].as_str().unwrap(), variable["value"].as_str().unwrap());
        assert!(
            !name.ends_with("_FILE") || value.starts_with(mount["mountPath"].as_str().unwrap()),
            "{name}"
        );
        let is_url = ["LOGIN_DRAIN_QUEUE_URL", "LOGIN_DRAIN_METRICS_PUSH_URL"].contains(&name);
        assert!(name.ends_with("_FILE") || (is_url && !value.contains('@')), "{name}: a secret is a file");
    }
}

#[test]
fn the_cron_job_runs_one_drain_at_a_time_with_nothing_in_reach() {
    let object = yaml("kubernetes/cronjob.yaml");
    check_fields(&object);
    assert_eq!((&object["apiVersion"], &object["kind"]), (&json!("batch/v1"), &json!("CronJob")));
    assert_eq!(at(&object, "/spec/concurrencyPolicy"), "Forbid");
    assert_eq!(at(&object, "/spec/schedule").as_str().unwrap().split(' ').count(), 5);
    check_job(at(&object, "/spec/jobTemplate/spec"));
}

#[test]
fn the_scaled_job_starts_drains_by_the_depth_of_the_queue_it_drains() {
    let object = yaml("kubernetes/scaledjob.yaml");
    check_fields(&object);
    assert_eq!((&object["apiVersion"], &object["kind"]), (&json!("keda.sh/v1alpha1"), &json!("ScaledJob")));
    let job = at(&object, "/spec/jobTargetRef");
    check_job(job);
    let trigger = at(&object, "/spec/triggers/0");
    assert_eq!(trigger["type"], "aws-sqs-queue");
    assert_eq!(at(trigger, "/metadata/queueURL"), at(job, "/template/spec/containers/0/env/0/value"));
    // KEDA takes texts here, and refuses numbers and booleans.
    assert!(trigger["metadata"].as_object().unwrap().values().all(Value::is_string));
    let authentication = yaml("kubernetes/trigger-authentication.yaml");
    check_fields(&authentication);
    assert_eq!(at(&authentication, "/metadata/name"), at(trigger, "/authenticationRef/name"));
}

#[test]
fn both_objects_start_the_same_pod() {
    let (cron, scaled) = (yaml("kubernetes/cronjob.yaml"), yaml("kubernetes/scaledjob.yaml"));
    assert_eq!(at(&cron, "/spec/jobTemplate/spec/template"), at(&scaled, "/spec/jobTargetRef/template"));
}
