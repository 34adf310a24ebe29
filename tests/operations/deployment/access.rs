//! The proof that the policies allow every call that the program makes, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::stack::resources;
use super::{at, json, strings};

/// The files of the program that speak to SQS, without tests.
fn sources(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// The actions that calls are made by: each is named once in quotes, for its sentence when it fails.
fn called() -> BTreeSet<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = sources(&source.join("sqs"));
    files.push(source.join("sqs.rs"));
    let texts: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let verbs = ["Change", "Create", "Delete", "Get", "List", "Purge", "Receive", "Send", "Set"];
    let is_action = |text: &&str| {
        let letters = text.bytes().all(|byte| byte.is_ascii_alphabetic());
        letters
            && verbs.iter().any(|verb| text.starts_with(verb))
            && ["Message", "Queue"].iter().any(|noun| text.contains(noun))
            // These are elements of replies.
            && !["Response", "Entry"].iter().any(|end| text.ends_with(end))
    };
    // A batch needs the right to the single action.
    let right = |name: &str| format!("sqs:{}", name.trim_end_matches("Batch"));
    texts.split('"').filter(is_action).map(right).collect()
}

fn allowed(file: &str) -> BTreeSet<String> {
    let policy = json(file);
    assert_eq!(policy["Version"], "2012-10-17", "{file}");
    let statements = policy["Statement"].as_array().unwrap();
    statements.iter().flat_map(|statement| check_statement(file, statement)).collect()
}

/// One queue or one key, never all of them.
fn check_statement(file: &str, statement: &Value) -> Vec<String> {
    assert_eq!(statement["Effect"], "Allow", "{file}");
    let sid = statement["Sid"].as_str().unwrap();
    assert!(sid.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{file}: AWS refuses the Sid {sid}");
    let resource = statement["Resource"].as_str().unwrap();
    assert!(resource.starts_with("arn:aws:") && !resource.contains('*'), "{file}: {resource}");
    strings(&statement["Action"]).into_iter().map(str::to_owned).collect()
}

#[test]
fn every_call_is_allowed_and_nothing_else_is() {
    let (queue, dead_letter) = (allowed("iam/queue.json"), allowed("iam/dead-letter.json"));
    assert!(called().contains("sqs:ReceiveMessage"), "the calls were not found in the source");
    assert_eq!(&queue | &dead_letter, called());
    assert!(!queue.contains("sqs:SendMessage"), "nothing is ever sent to the queue itself");
    let expected = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"].map(str::to_owned);
    assert_eq!(dead_letter, BTreeSet::from(expected));
}

#[test]
fn keys_are_used_through_sqs_alone() {
    assert_eq!(allowed("iam/kms.json"), BTreeSet::from(["kms:Decrypt".to_owned()]));
    assert!(allowed("iam/kms-dead-letter.json").contains("kms:GenerateDataKey"));
    for file in ["iam/kms.json", "iam/kms-dead-letter.json"] {
        let service = json(file);
        let service = at(&service, "/Statement/0/Condition/StringEquals/kms:ViaService");
        assert!(service.as_str().unwrap().starts_with("sqs."), "{file}");
    }
}

#[test]
fn the_database_and_the_mask_key_are_reached_by_one_right_for_each_way() {
    assert_eq!(
        allowed("iam/database-secret.json"),
        BTreeSet::from(["secretsmanager:GetSecretValue".to_owned()])
    );
    assert_eq!(allowed("iam/mask-key-secret.json"), allowed("iam/database-secret.json"));
    assert_eq!(allowed("iam/rds-iam.json"), BTreeSet::from(["rds-db:connect".to_owned()]));
}

/// The statements of a role of the stack: actions and resources, those under a condition too.
fn statements(role: &str) -> Vec<(BTreeSet<String>, Value)> {
    let resources = resources();
    let policies = at(&resources, &format!("/{role}/Properties/Policies"));
    let [policy] = policies.as_array().unwrap().as_slice() else { panic!("{role}: one policy") };
    let statements = at(policy, "/PolicyDocument/Statement").as_array().unwrap();
    let statement = |statement: &Value| {
        let statement = where_it_holds(statement);
        assert_eq!(statement["Effect"], "Allow");
        let actions = statement["Action"].as_array().unwrap().iter();
        let actions = actions.map(|action| where_it_holds(action).as_str().unwrap().to_owned());
        (actions.collect(), statement["Resource"].clone())
    };
    statements.iter().map(statement).collect()
}

/// What stands there when its condition is met.
fn where_it_holds(value: &Value) -> &Value {
    value.pointer("/Fn::If/1").unwrap_or(value)
}

#[test]
fn the_task_of_the_stack_may_do_what_the_program_calls_and_nothing_else() {
    let task = statements("TaskRole");
    let [queue, dead_letter, secrets, key] = task.as_slice() else { panic!("{task:?}") };
    assert_eq!(queue.0, allowed("iam/queue.json"));
    assert_eq!(dead_letter.0, allowed("iam/dead-letter.json"));
    assert_eq!(&queue.0 | &dead_letter.0, called());
    assert_eq!(secrets.0, allowed("iam/database-secret.json"));
    assert_eq!(key.0, allowed("iam/kms-dead-letter.json"));
    let resource = |value: &Value| value["Fn::Sub"].as_str().unwrap_or_default().to_owned();
    assert!(resource(&queue.1).ends_with(":${QueueName}"));
    assert!(resource(&dead_letter.1).ends_with(":${DeadLetterQueueName}"));
    assert_eq!(secrets.1.as_array().unwrap().len(), 2, "the login and the mask key");
    assert_eq!(key.1["Ref"], "QueueKeyArn");
}

/// Secrets Manager's calls are named with the service, for the header that chooses one.
#[test]
fn the_only_call_to_secrets_manager_is_the_one_that_is_allowed() {
    let files = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let texts: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let calls: BTreeSet<&str> = texts.split('"').filter(|text| text.starts_with("secretsmanager.")).collect();
    assert_eq!(calls, BTreeSet::from(["secretsmanager.GetSecretValue"]));
}

#[test]
fn what_starts_a_drain_may_start_that_drain_alone() {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<String>>();
    let start = statements("StartRole");
    let [run, lend] = start.as_slice() else { panic!("{start:?}") };
    assert_eq!((&run.0, &lend.0), (&words(&["ecs:RunTask"]), &words(&["iam:PassRole"])));
    assert!(run.1["Fn::Sub"].as_str().unwrap().ends_with(":task-definition/${AWS::StackName}:*"));
    let roles: Vec<&str> =
        lend.1.as_array().unwrap().iter().map(|role| at(role, "/Fn::GetAtt/0").as_str().unwrap()).collect();
    assert_eq!(roles, ["TaskRole", "ExecutionRole"]);
    // Only the registry's door knows no resource.
    for (actions, resource) in statements("ExecutionRole") {
        assert_eq!(resource == "*", actions == words(&["ecr:GetAuthorizationToken"]), "{actions:?}");
    }
}
