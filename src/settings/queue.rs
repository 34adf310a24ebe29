//! Which queue, where it is called, and with whose credentials.

use super::environment::Environment;
use super::openssl;
use crate::aws::{Access, Settings, profile_region};
use crate::cli::QueueArgs;
use crate::failure::Failure;
use crate::sqs::QueueName;
use crate::sqs::endpoint::{self, EndpointChoice, EndpointInputs};
use crate::waiting::Waiting;

const DEFAULT_NAME: &str = "login-queue";

pub struct Queue {
    pub name: QueueName,
    pub endpoint: EndpointChoice,
    pub aws: Access,
}

impl Queue {
    pub fn read(args: &QueueArgs, environment: &Environment, waiting: Waiting) -> Result<Queue, Failure> {
        openssl::check(environment)?;
        let name = name(args);
        let aws = super::aws::read(environment, args.profile.clone(), args.region.clone());
        let url = match &name {
            QueueName::Url(url) => Some(url.as_str()),
            QueueName::Name(_) => None,
        };
        let endpoint = endpoint::choose(&EndpointInputs {
            queue_url: url,
            endpoint_url: [&args.endpoint_url, &aws.endpoint_urls.sqs]
                .into_iter()
                .find_map(|url| url.as_deref().filter(|url| !url.trim().is_empty())),
            region: args.region.as_deref(),
            usual_region: aws.region.as_deref().filter(|_| args.region.is_none()),
            variant: aws.variant,
            profile_region: &|| profile_region(&aws),
        })?;
        let aws = Access::new(Settings { role_region: Some(endpoint.region.clone()), ..aws }, waiting);
        Ok(Queue { name, endpoint, aws })
    }

    /// SQS demands this ending of a FIFO queue's name, and the URL ends with the name.
    pub fn is_fifo(&self) -> bool {
        let (QueueName::Url(text) | QueueName::Name(text)) = &self.name;
        text.trim_end_matches('/').ends_with(".fifo")
    }
}

impl Queue {
    /// The name of the queue alone.
    pub fn label(&self) -> String {
        label(&self.name)
    }
}

/// The URL goes before the name; at most one is given by flags, or else by variables.
pub fn name(args: &QueueArgs) -> QueueName {
    let given = |value: &Option<String>| trimmed(value.clone());
    let named = given(&args.queue_url).map(QueueName::Url).or(given(&args.queue_name).map(QueueName::Name));
    named.unwrap_or_else(|| QueueName::Name(DEFAULT_NAME.to_owned()))
}

/// What comes from a file or a ConfigMap may have a line feed at its end.
fn trimmed(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The name of the queue alone: the last part of its URL, without what may stand behind or before it.
pub fn label(name: &QueueName) -> String {
    let (QueueName::Url(text) | QueueName::Name(text)) = name;
    let path = text.split(['?', '#']).next().unwrap_or_default();
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
}
