//! All that `check` looks at: each setting by itself, with where it came from, or why it cannot be used.

use std::path::PathBuf;
use std::time::Duration;

use super::database::{Database, Login};
use super::environment::Environment;
use super::queue::Queue;
use super::regions::{self, Place};
use super::{mask_key, push_target, seal_key};
use crate::cli::CheckArgs;
use crate::failure::Failure;
use crate::mask::Masker;
use crate::reject::RejectPolicy;
use crate::report::metrics::push;
use crate::sqs::QueueName;
use crate::waiting::Waiting;

pub struct Check {
    pub queue: Result<Queue, Failure>,
    pub database: Result<Database, Failure>,
    pub masker: Result<Masker, Failure>,
    pub sends_dead_letters: bool,
    pub dead_letter_queue_url: Option<String>,
    /// Raw values are sealed beside each login.
    pub seals: bool,
    sealer: Result<(), Failure>,
    /// Where what a drain uses is; empty where its settings cannot be used.
    pub places: Vec<Place>,
    pub one_region: bool,
    pub metrics_file: Option<PathBuf>,
    pub push_to: Result<Option<push::Target>, Failure>,
    /// What was resolved, in the order of the flags.
    pub resolved: Vec<Resolved>,
    /// A variable that cannot be used.
    variables: Result<(), Failure>,
    /// What is odd and yet no reason to stop, one sentence each.
    pub warnings: Vec<String>,
}

/// What fails at once may have had a bad moment.
const PATIENCE: Duration = Duration::from_secs(1);
const LEAST_TIMEOUT: Duration = Duration::from_secs(10);

/// A setting as a drain would use it, without secrets.
pub struct Resolved {
    pub name: &'static str,
    pub value: String,
    /// The flag or the variable, or what else it follows from.
    pub source: String,
}

impl Check {
    pub fn read(args: &CheckArgs, environment: &Environment) -> Check {
        let mut warnings = environment.unknown_variables();
        let waiting = Waiting { patience: PATIENCE, ..Waiting::default() };
        let queue = Queue::read(&args.queue, environment, waiting.clone());
        let database = match &queue {
            Ok(queue) => Database::read(&args.database, queue.aws.clone(), environment, &mut warnings),
            Err(_) => Database::read_alone(&args.database, environment, waiting, &mut warnings),
        };
        // A short limit would end the whole check, not the question.
        let database =
            database.map(|database| Database { timeout: database.timeout.max(LEAST_TIMEOUT), ..database });
        let aws = match &queue {
            Ok(queue) => queue.aws.clone(),
            Err(_) => mask_key::access(&args.mask, environment, Waiting::default()),
        };
        let masker = mask_key::masker(&args.mask, &aws, environment, &mut warnings);
        let sources = Sources { args, environment };
        let mut resolved = Vec::new();
        resolved.extend(queue.as_ref().into_iter().flat_map(|queue| sources.of_queue(queue)));
        resolved.extend(database.as_ref().into_iter().map(|database| sources.of_database(database)));
        resolved.extend(masker.as_ref().into_iter().map(|masker| sources.of_masks(masker)));
        resolved.extend(args.seal_to.as_ref().map(|file| Resolved {
            name: "sealing",
            value: format!("raw values are encrypted to the key in `{}`", file.display()),
            source: sources.source("seal-to", true, &[], ""),
        }));
        let places = match (&queue, &database) {
            (Ok(queue), Ok(database)) => {
                let dead_letters = args.dead_letter_queue_url.as_deref();
                regions::places(dead_letters, &args.mask, database, &queue.aws).unwrap_or_default()
            }
            _ => Vec::new(),
        };
        Check {
            places,
            one_region: args.one_region,
            queue,
            database,
            masker,
            sends_dead_letters: args.rejects == RejectPolicy::DeadLetter,
            dead_letter_queue_url: args.dead_letter_queue_url.clone(),
            sealer: seal_key::sealer(args.seal_to.as_deref()).map(drop),
            seals: args.seal_to.is_some(),
            metrics_file: args.metrics_file.clone(),
            push_to: push_target::read(args.metrics_push_url.as_deref(), "", environment),
            resolved,
            variables: environment.sound(),
            warnings,
        }
    }

    /// Why settings cannot be used, and which.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, &Failure)> {
        let failures = [
            ("variables", self.variables.as_ref().err()),
            ("queue", self.queue.as_ref().err()),
            ("database", self.database.as_ref().err()),
            ("masking", self.masker.as_ref().err()),
            ("sealing", self.sealer.as_ref().err()),
            ("metrics", self.push_to.as_ref().err()),
        ];
        failures.into_iter().filter_map(|(about, failure)| Some((about, failure?)))
    }
}

struct Sources<'a> {
    args: &'a CheckArgs,
    environment: &'a Environment,
}

impl Sources<'_> {
    /// The flag, or the variable that stands in for it, or the first general one that is set, or `otherwise`.
    fn source(&self, flag: &str, given: bool, general: &[&str], otherwise: &str) -> String {
        let variable = self.environment.stand_in(flag).map(str::to_owned);
        let general = || general.iter().find(|name| self.environment.get(name).is_some());
        match (variable, given) {
            (Some(variable), _) => variable,
            (None, true) => format!("--{flag}"),
            (None, false) => general().map_or_else(|| otherwise.to_owned(), |name| (*name).to_owned()),
        }
    }

    fn of_queue(&self, queue: &Queue) -> Vec<Resolved> {
        let args = &self.args.queue;
        let named = match &queue.name {
            QueueName::Url(url) => (url, self.source("queue-url", true, &[], "")),
            QueueName::Name(name) => {
                (name, self.source("queue-name", args.queue_name.is_some(), &[], "default"))
            }
        };
        let url_or = |otherwise| if args.queue_url.is_some() { "the queue URL" } else { otherwise };
        let region = ["AWS_REGION", "AWS_DEFAULT_REGION"];
        let endpoint = ["AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL"];
        let mut resolved = vec![
            // What stands behind the path of a URL is nothing of the queue's.
            Resolved {
                name: "queue",
                value: named.0.split(['?', '#']).next().unwrap_or_default().to_owned(),
                source: named.1,
            },
            Resolved {
                name: "region",
                value: queue.endpoint.region.clone(),
                source: self.source("region", args.region.is_some(), &region, url_or("the profile")),
            },
            Resolved {
                name: "endpoint",
                value: queue.endpoint.endpoint.clone(),
                source: self.source(
                    "endpoint-url",
                    args.endpoint_url.is_some(),
                    &endpoint,
                    url_or("the region"),
                ),
            },
        ];
        let settings = queue.aws.settings();
        let profile = settings.profile.as_ref().or(settings.usual_profile.as_ref());
        resolved.extend(profile.map(|profile| Resolved {
            name: "profile",
            value: profile.clone(),
            source: self.source("profile", args.profile.is_some(), &["AWS_PROFILE"], "default"),
        }));
        resolved
    }

    fn of_database(&self, database: &Database) -> Resolved {
        let args = &self.args.database;
        let (value, source) = match &database.login {
            Login::Known(target) => {
                let general = ["DATABASE_URL", "DATABASE_URL_FILE", "PGSERVICE", "PGHOST"];
                (
                    target.describe(),
                    self.source("database-url", args.database_url.is_some(), &general, "default"),
                )
            }
            Login::Secret(secret) => {
                (format!("the secret `{}`", secret.id), self.source("database-secret", true, &[], ""))
            }
        };
        Resolved { name: "database", value, source }
    }

    fn of_masks(&self, masker: &Masker) -> Resolved {
        let (value, otherwise) = match masker {
            Masker::Plain => {
                let text = "SHA-256 without a key, which anyone can reverse for an IPv4 address";
                (text.to_owned(), "default")
            }
            Masker::Keyed(key) => (format!("HMAC-SHA-256 with a key, masks begin with {}:", key.id()), ""),
        };
        let mask = &self.args.mask;
        let source = match mask.mask_key_secret.is_some() {
            true => self.source("mask-key-secret", true, &[], otherwise),
            false => {
                self.source("mask-key-file", mask.mask_key_file.is_some(), &["MASK_KEY_FILE"], otherwise)
            }
        };
        Resolved { name: "masking", value, source }
    }
}
