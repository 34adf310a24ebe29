//! The way from settings to an open queue and a database session, where AWS is asked for what only it knows.

use std::sync::Arc;
use std::time::Duration;

use crate::aws;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::postgres::{Limits, Login, NewPassword, Session};
use crate::screen::standard_error;
use crate::settings::{self, Database, DatabaseAuth};
use crate::sqs::{self, Asking, SqsQueue};
use crate::watchdog::Watchdog;

/// The login of a database, for any number of sessions. A secret is fetched here, once.
pub fn login(database: &Database) -> Result<Login, Failure> {
    let target = match &database.login {
        settings::Login::Known(target) => target.as_ref().clone(),
        settings::Login::Secret(secret) => secret.target(aws::fetch(&database.aws, &secret.id)?)?,
    };
    standard_error::warnings(target.warnings());
    let aws = database.aws.clone();
    let new_password: Option<NewPassword> = match database.auth {
        DatabaseAuth::Password => None,
        DatabaseAuth::RdsIam if !target.always_encrypts() => {
            return Err(Failure::lasting(
                "--database-auth rds-iam would send its token in clear text to a server without TLS: \
                 set sslmode=verify-full, or at least require",
            ));
        }
        DatabaseAuth::RdsIam => {
            Some(Arc::new(move |host, port, user| aws::rds_token(&aws, host, port, user)))
        }
    };
    Ok(Login { target, new_password })
}

/// A session that is opened when it is needed.
pub fn session(database: &Database, login: Login) -> Session {
    Session::new(login, watchdog(), Limits::of(database.timeout))
}

/// A database that answers nothing would hold the program for ever.
fn watchdog() -> Watchdog {
    Watchdog::start(|step: &'static str, limit: Duration| {
        standard_error::error(&format!(
            "PostgreSQL did not answer for {} s while {step}; nothing is lost, the next run goes on",
            limit.as_secs()
        ));
        Exit::TryLater.now();
    })
}

pub fn queue(
    queue: &settings::Queue,
    longest_wait: Duration,
    in_flight: usize,
    asking: Asking,
) -> Result<SqsQueue, Failure> {
    SqsQueue::open(sqs::Settings {
        endpoint: queue.endpoint.clone(),
        queue: queue.name.clone(),
        aws: queue.aws.clone(),
        longest_wait,
        in_flight,
        asking,
    })
}
