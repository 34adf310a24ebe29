//! The way to a database's settings: flags, environment, files, a secret in AWS.

use std::path::Path;

use super::{aws_settings, environment, pick, unreadable};
use crate::aws::{self, Access, Secret, region};
use crate::cli::{DatabaseArgs, DatabaseAuthArg, QueueArgs};
use crate::failure::Failure;
use crate::libpq::{Source, Target};
use crate::postgres::{Login, NewPassword};

/// What the queue's flags say about AWS; a command without a queue has only the environment.
#[derive(Default)]
pub struct AwsHints {
    profile: Option<String>,
    region: Option<String>,
}

impl From<&QueueArgs> for AwsHints {
    fn from(args: &QueueArgs) -> AwsHints {
        AwsHints { profile: args.profile.clone(), region: args.region.clone() }
    }
}

pub fn database(args: &DatabaseArgs, hints: AwsHints) -> Result<Login, Failure> {
    let secret =
        pick(&args.database_secret, &["LOGIN_DRAIN_DATABASE_SECRET"]).filter(|_| args.database_url.is_none());
    let mut settings = aws_settings(hints.profile, hints.region);
    settings.role_region = secret.as_deref().and_then(region::of_arn).map(str::to_owned);
    let aws = Access::new(settings);
    let (url, parts) = match secret.map(|id| aws::fetch(&aws, &id)).transpose()? {
        Some(Secret::Url(url)) => (Some(url), Vec::new()),
        Some(Secret::Parts(parts)) => (database_url(args)?, parts),
        None => (database_url(args)?, Vec::new()),
    };
    let from_secret = |name: &str| parts.iter().find(|part| part.0 == name).map(|part| part.1.clone());
    let lookup = |name: &str| from_secret(name).or_else(|| environment(name));
    let target = Target::resolve(&Source { database_url: url, environment: &lookup })?;
    let new_password: Option<NewPassword> = match auth(args)? {
        DatabaseAuthArg::Password => None,
        DatabaseAuthArg::RdsIam if !target.always_encrypts() => {
            return Err(Failure::permanent(
                "--database-auth rds-iam would send its token in clear text to a server without TLS: \
                 set sslmode=verify-full, or at least require",
            ));
        }
        DatabaseAuthArg::RdsIam => {
            Some(Box::new(move |host, port, user| aws::rds_token(&aws, host, port, user)))
        }
    };
    Ok(Login { target, new_password })
}

fn auth(args: &DatabaseArgs) -> Result<DatabaseAuthArg, Failure> {
    let variable = environment("LOGIN_DRAIN_DATABASE_AUTH");
    match (args.database_auth, variable.as_deref()) {
        (Some(auth), _) => Ok(auth),
        (None, None | Some("password")) => Ok(DatabaseAuthArg::Password),
        (None, Some("rds-iam")) => Ok(DatabaseAuthArg::RdsIam),
        (None, Some(_)) => {
            Err(Failure::permanent("LOGIN_DRAIN_DATABASE_AUTH must be `password` or `rds-iam`"))
        }
    }
}

fn database_url(args: &DatabaseArgs) -> Result<Option<String>, Failure> {
    if args.database_url.is_some() {
        return Ok(args.database_url.clone());
    }
    match (environment("DATABASE_URL"), environment("DATABASE_URL_FILE")) {
        (Some(_), Some(_)) => {
            Err(Failure::permanent("both DATABASE_URL and DATABASE_URL_FILE are set: unset one of them"))
        }
        (Some(url), None) => Ok(Some(url)),
        (None, Some(file)) => read_line(Path::new(&file), "DATABASE_URL_FILE").map(Some),
        (None, None) => Ok(None),
    }
}

/// The text of a file without the line feed at its end.
fn read_line(file: &Path, setting: &str) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(file, setting, &error))?;
    Ok(text
        .strip_suffix('\n')
        .map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line))
        .to_owned())
}
