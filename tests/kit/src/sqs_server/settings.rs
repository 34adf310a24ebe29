//! A queue's attributes: as AWS names them, and as the numbers the queue needs.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

/// Defaults are AWS's, and stand in `Settings::default`.
#[derive(Debug, Clone)]
pub struct Settings {
    pub visibility: Duration,
    pub delay: Duration,
    pub receive_wait: Duration,
    pub redrive: Option<Redrive>,
    /// All attributes as set, for GetQueueAttributes.
    pub attributes: BTreeMap<String, String>,
}

/// To which queue (by name) a message goes that was received `after` times already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrive {
    pub target: String,
    pub after: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RedrivePolicy {
    dead_letter_target_arn: String,
    /// AWS takes a number or a number in quotes.
    max_receive_count: serde_json::Value,
}

impl Default for Settings {
    fn default() -> Settings {
        let attributes = [
            ("VisibilityTimeout", "30"),
            ("DelaySeconds", "0"),
            ("ReceiveMessageWaitTimeSeconds", "0"),
            ("MaximumMessageSize", "1048576"),
            ("MessageRetentionPeriod", "345600"),
        ];
        Settings {
            visibility: Duration::from_secs(30),
            delay: Duration::ZERO,
            receive_wait: Duration::ZERO,
            redrive: None,
            attributes: attributes.map(|(name, value)| (name.to_string(), value.to_string())).into(),
        }
    }
}

impl Settings {
    /// Takes over the attributes given; `Err` names the first that is not understood.
    pub fn apply(&mut self, attributes: &BTreeMap<String, String>) -> Result<(), String> {
        for (name, value) in attributes {
            match name.as_str() {
                "VisibilityTimeout" => self.visibility = seconds(name, value)?,
                "DelaySeconds" => self.delay = seconds(name, value)?,
                "ReceiveMessageWaitTimeSeconds" => self.receive_wait = seconds(name, value)?,
                "RedrivePolicy" => self.redrive = redrive(value)?,
                _ => {}
            }
            self.attributes.insert(name.clone(), value.clone());
        }
        Ok(())
    }
}

fn seconds(name: &str, value: &str) -> Result<Duration, String> {
    value.parse().map(Duration::from_secs).map_err(|_| format!("Invalid value for the parameter {name}."))
}

fn redrive(value: &str) -> Result<Option<Redrive>, String> {
    if value.is_empty() {
        return Ok(None);
    }
    let wrong = || "Invalid value for the parameter RedrivePolicy.".to_string();
    let policy: RedrivePolicy = serde_json::from_str(value).map_err(|_| wrong())?;
    let after = policy.max_receive_count.to_string().trim_matches('"').parse().map_err(|_| wrong())?;
    let target = policy.dead_letter_target_arn.rsplit(':').next().unwrap_or_default().to_string();
    Ok(Some(Redrive { target, after }))
}
