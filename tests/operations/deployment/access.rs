//! The proof that the policies allow every call that the program makes, and no other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

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
fn the_database_is_reached_by_one_right_for_each_way() {
    assert_eq!(
        allowed("iam/database-secret.json"),
        BTreeSet::from(["secretsmanager:GetSecretValue".to_owned()])
    );
    assert_eq!(allowed("iam/rds-iam.json"), BTreeSet::from(["rds-db:connect".to_owned()]));
}
