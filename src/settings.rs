//! The way from flags, environment and files to checked settings. The only reader of the environment.

mod aws;
mod database;
mod exposure;
mod mask_key;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use crate::aws::{Access, Settings, profile_region};
use crate::cli::{LogFormatArg, MaskArgs, QueueArgs};
use crate::failure::Failure;
use crate::mask::Masker;
use crate::sqs::QueueName;
use crate::sqs::endpoint::{self, EndpointChoice, EndpointInputs};

pub use database::{AwsHints, database};
pub use exposure::database_warnings;

const DEFAULT_QUEUE_NAME: &str = "login-queue";

/// A variable of the environment; an empty one counts as unset.
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Somebody who starts the program for the first time is told all that it needs, not the first thing only.
pub fn explain_first_run(args: &QueueArgs) -> Result<(), Failure> {
    let flags = [&args.queue_url, &args.queue_name, &args.endpoint_url, &args.region, &args.profile];
    let variables = [
        "LOGIN_DRAIN_QUEUE_URL",
        "LOGIN_DRAIN_QUEUE_NAME",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_PROFILE",
        "AWS_ENDPOINT_URL_SQS",
        "AWS_ENDPOINT_URL",
        "DATABASE_URL",
        "DATABASE_URL_FILE",
        "PGHOST",
        "PGSERVICE",
    ];
    if flags.iter().any(|flag| flag.is_some()) || variables.iter().any(|name| environment(name).is_some()) {
        return Ok(());
    }
    Err(Failure::permanent(
        "nothing is set yet, and three things are needed: the queue (LOGIN_DRAIN_QUEUE_URL), the database \
         (DATABASE_URL), and AWS credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or a role); \
         `login-drain --help` shows a first run",
    ))
}

/// A flag, or else the first of some variables.
fn pick(flag: &Option<String>, names: &[&str]) -> Option<String> {
    flag.clone().filter(|value| !value.is_empty()).or_else(|| names.iter().find_map(|name| environment(name)))
}

/// Whether somebody looks at this stream on a terminal that may be drawn on: <https://no-color.org>.
pub fn may_draw_on(stream: &impl IsTerminal) -> bool {
    let dumb = environment("TERM").is_none_or(|term| term == "dumb");
    !dumb && environment("NO_COLOR").is_none() && stream.is_terminal()
}

/// Which queue, and how it is reached.
pub struct QueueSettings {
    pub name: QueueName,
    pub endpoint: EndpointChoice,
    pub aws: Access,
}

pub fn queue(args: &QueueArgs) -> Result<QueueSettings, Failure> {
    let name = queue_name(args);
    let aws = aws_settings(args.profile.clone(), args.region.clone());
    let url = match &name {
        QueueName::Url(url) => Some(url.as_str()),
        QueueName::Name(_) => None,
    };
    let endpoint = endpoint::choose(&EndpointInputs {
        queue_url: url,
        endpoint_url: [&args.endpoint_url, &aws.endpoint_urls.sqs, &aws.endpoint_urls.any]
            .into_iter()
            .find_map(|url| url.as_deref().filter(|url| !url.trim().is_empty())),
        region: aws.region.as_deref(),
        profile_region: &|| profile_region(&aws),
    })?;
    let aws = Access::new(Settings { role_region: Some(endpoint.region.clone()), ..aws });
    Ok(QueueSettings { name, endpoint, aws })
}

fn aws_settings(profile: Option<String>, region: Option<String>) -> Settings {
    aws::read(&|name| std::env::var(name).ok(), profile, region)
}

/// SQS demands this ending of a FIFO queue's name, and the URL ends with the name.
pub fn queue_is_fifo(args: &QueueArgs) -> bool {
    let (QueueName::Url(text) | QueueName::Name(text)) = queue_name(args);
    text.trim_end_matches('/').ends_with(".fifo")
}

/// A flag wins over the environment as a whole: a name on the command line over a URL in the environment.
fn queue_name(args: &QueueArgs) -> QueueName {
    let given = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    let flag = given(&args.queue_url).map(QueueName::Url).or(given(&args.queue_name).map(QueueName::Name));
    flag.or_else(|| environment("LOGIN_DRAIN_QUEUE_URL").map(QueueName::Url))
        .or_else(|| environment("LOGIN_DRAIN_QUEUE_NAME").map(QueueName::Name))
        .unwrap_or_else(|| QueueName::Name(DEFAULT_QUEUE_NAME.to_owned()))
}

/// The name of the queue alone: the last part of its URL, without what may stand behind or before it.
pub fn queue_label(args: &QueueArgs) -> String {
    let (QueueName::Url(name) | QueueName::Name(name)) = queue_name(args);
    let path = name.split(['?', '#']).next().unwrap_or_default();
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
}

fn unreadable(file: &Path, setting: &str, error: &std::io::Error) -> Failure {
    Failure::permanent(format!("could not read `{}`, named by {setting}: {error}", file.display()))
}

/// The form of lines on standard error.
pub fn log_format(flag: Option<LogFormatArg>) -> Result<LogFormatArg, Failure> {
    match (flag, environment("LOGIN_DRAIN_LOG_FORMAT").as_deref()) {
        (Some(format), _) => Ok(format),
        (None, None | Some("text")) => Ok(LogFormatArg::Text),
        (None, Some("json")) => Ok(LogFormatArg::Json),
        (None, Some(_)) => Err(Failure::permanent("LOGIN_DRAIN_LOG_FORMAT must be `text` or `json`")),
    }
}

/// The way values are masked. `warn` is told what is odd and yet no reason to stop.
pub fn masker(args: &MaskArgs, warn: &dyn Fn(&str)) -> Result<Masker, Failure> {
    let file = args.mask_key_file.clone().or_else(|| environment("MASK_KEY_FILE").map(PathBuf::from));
    file.map_or(Ok(Masker::Plain), |file| mask_key::read(&file, warn).map(Masker::Keyed))
}
