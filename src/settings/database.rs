//! Which database, and how to log in to it: flags, environment and files; a secret in AWS is named here and
//! fetched by whoever connects.

use std::time::Duration;

use super::environment::Environment;
use super::{exposure, openssl};
use crate::aws::{self, Access, Settings, region};
use crate::cli::{DatabaseArgs, DatabaseAuth};
use crate::failure::Failure;
use crate::libpq::{Source, Target};
use crate::waiting::Waiting;

pub struct Database {
    pub login: Login,
    pub auth: DatabaseAuth,
    /// For one statement.
    pub timeout: Duration,
    /// Whom to ask for a secret or a token.
    pub aws: Access,
}

/// Where the settings of the connection are.
pub enum Login {
    Known(Box<Target>),
    Secret(Secret),
}

/// A secret in AWS Secrets Manager, and the settings that its parts go before.
pub struct Secret {
    pub id: String,
    url: Option<String>,
    environment: Environment,
}

impl Database {
    /// Of a command that has no queue: roles are assumed where the secret is.
    pub fn read_alone(
        args: &DatabaseArgs,
        environment: &Environment,
        waiting: Waiting,
        warnings: &mut Vec<String>,
    ) -> Result<Database, Failure> {
        let role_region = secret(args).as_deref().and_then(region::of_arn).map(str::to_owned);
        let aws = Settings { role_region, ..super::aws::read(environment, None, None) };
        Database::read(args, Access::new(aws, waiting), environment, warnings)
    }

    pub fn read(
        args: &DatabaseArgs,
        aws: Access,
        environment: &Environment,
        warnings: &mut Vec<String>,
    ) -> Result<Database, Failure> {
        openssl::check(environment)?;
        let url = url(args, environment)?;
        let login = match secret(args) {
            Some(id) => Login::Secret(Secret { id, url, environment: environment.clone() }),
            None => Login::Known(Box::new(target(url, &|name| environment.get(name))?)),
        };
        warnings.extend(exposure::typed_password_warning(args, environment));
        let timeout = Duration::from_secs(args.database_timeout);
        Ok(Database { login, auth: args.database_auth.unwrap_or(DatabaseAuth::Password), timeout, aws })
    }
}

impl Secret {
    /// The database that the fetched secret leads to: its parts go before variables of the same meaning.
    pub fn target(&self, fetched: aws::Secret) -> Result<Target, Failure> {
        match fetched {
            aws::Secret::Url(url) => target(Some(url), &|name| self.environment.get(name)),
            aws::Secret::Parts(parts) => target(self.url.clone(), &|name| {
                let part = parts.iter().find(|part| part.0 == name).map(|part| part.1.clone());
                part.or_else(|| self.environment.get(name))
            }),
        }
    }
}

fn target(url: Option<String>, environment: &dyn Fn(&str) -> Option<String>) -> Result<Target, Failure> {
    Ok(Target::resolve(&Source { database_url: url, environment, application_name: "login-drain" })?)
}

fn secret(args: &DatabaseArgs) -> Option<String> {
    args.database_secret.clone().filter(|secret| !secret.is_empty() && args.database_url.is_none())
}

fn url(args: &DatabaseArgs, environment: &Environment) -> Result<Option<String>, Failure> {
    if args.database_url.is_some() {
        return Ok(args.database_url.clone());
    }
    match (environment.get("DATABASE_URL"), environment.get("DATABASE_URL_FILE")) {
        (Some(_), Some(_)) => {
            Err(Failure::lasting("both DATABASE_URL and DATABASE_URL_FILE are set: unset one of them"))
        }
        (Some(url), None) => Ok(Some(url)),
        (None, Some(file)) => exposure::read_line(file.as_ref(), "DATABASE_URL_FILE").map(Some),
        (None, None) => Ok(None),
    }
}
