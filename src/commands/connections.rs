//! The way from settings to an open queue and a database session, where AWS is asked for what only it knows.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

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
        settings::Login::Secret(secret) => {
            database.credentials.use_region(&secret.region);
            let keys = database.credentials.keys()?;
            secret.target(aws::fetch(&secret.id, &secret.endpoint, &secret.region, &keys)?)?
        }
    };
    target.warnings().iter().for_each(|warning| standard_error::warning(warning));
    let new_password = match database.auth {
        DatabaseAuth::Password => None,
        DatabaseAuth::RdsIam => Some(token_maker(database)),
    };
    Ok(Login { target, new_password })
}

fn token_maker(database: &Database) -> NewPassword {
    let (credentials, region) = (Arc::clone(&database.credentials), database.region.clone());
    Arc::new(move |host, port, user| {
        let region = aws::region_of_host(host).or_else(|| region.clone());
        let region = region.or_else(|| credentials.profile_region()).ok_or_else(aws::no_region_for_login)?;
        aws::token(host, port, user, &region, &credentials.keys()?, SystemTime::now())
    })
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
        credentials: Arc::clone(&queue.credentials),
        longest_wait,
        in_flight,
        asking,
    })
}
