//! The reading of a queue's attributes from the names and texts that SQS gives.

use std::collections::HashMap;
use std::time::Duration;

use serde::Deserialize;

use crate::queue::{Depth, QueueAttributes, Redrive, USUAL_VISIBILITY_TIMEOUT};

pub fn read(texts: &HashMap<String, String>) -> QueueAttributes {
    let number = |name: &str| texts.get(name).and_then(|text| text.parse::<u64>().ok());
    QueueAttributes {
        depth: Depth {
            visible: number("ApproximateNumberOfMessages").unwrap_or_default(),
            in_flight: number("ApproximateNumberOfMessagesNotVisible").unwrap_or_default(),
            delayed: number("ApproximateNumberOfMessagesDelayed").unwrap_or_default(),
        },
        // The defaults of SQS, for servers that tell less.
        visibility_timeout: number("VisibilityTimeout").map_or(USUAL_VISIBILITY_TIMEOUT, Duration::from_secs),
        retention: Duration::from_secs(number("MessageRetentionPeriod").unwrap_or(4 * 24 * 3600)),
        redrive: texts.get("RedrivePolicy").and_then(|policy| redrive(policy)),
        kms_key: texts.get("KmsMasterKeyId").filter(|key| !key.is_empty()).cloned(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Policy {
    dead_letter_target_arn: String,
    max_receive_count: serde_json::Value,
}

/// The count is a number on some servers and text on others.
fn redrive(policy: &str) -> Option<Redrive> {
    let policy: Policy = serde_json::from_str(policy).ok()?;
    let count = match &policy.max_receive_count {
        serde_json::Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|count| u32::try_from(count).ok()),
    };
    Some(Redrive { target_arn: policy.dead_letter_target_arn, max_receive_count: count? })
}

/// The name and the account of a queue, from its ARN.
pub fn from_arn(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.rsplitn(3, ':');
    Some((parts.next()?, parts.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_and_what_is_missing_has_sqs_defaults() {
        let policy =
            r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:123456789012:dead","maxReceiveCount":"5"}"#;
        let texts = [("ApproximateNumberOfMessages", "7"), ("RedrivePolicy", policy)]
            .map(|(name, text)| (name.to_owned(), text.to_owned()));
        let read = read(&texts.into());
        assert_eq!(read.depth, Depth { visible: 7, in_flight: 0, delayed: 0 });
        assert_eq!(read.visibility_timeout, Duration::from_secs(30));
        let redrive = read.redrive.unwrap();
        assert_eq!(redrive.max_receive_count, 5);
        assert_eq!(from_arn(&redrive.target_arn), Some(("dead", "123456789012")));
    }

    #[test]
    fn a_policy_that_is_none_is_none() {
        for policy in
            ["", "{}", r#"{"maxReceiveCount":3}"#, r#"{"deadLetterTargetArn":"a","maxReceiveCount":-1}"#]
        {
            assert_eq!(redrive(policy), None, "{policy}");
        }
    }
}
