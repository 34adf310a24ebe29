//! Where metrics are sent to, and the way there.

use super::environment::Environment;
use crate::aws::Access;
use crate::failure::Failure;
use crate::report::metrics::push::{self, LIMITS, Target};
use crate::waiting::Waiting;

/// `None` where nobody asked for it. Sends nothing.
pub fn read(url: Option<&str>, queue: &str, environment: &Environment) -> Result<Option<Target>, Failure> {
    let Some(url) = url.filter(|url| !url.trim().is_empty()) else { return Ok(None) };
    let url = push::address(url, queue)?;
    let access = Access::new(super::aws::read(environment, None, None), Waiting::default());
    let route = access.route(&url, &LIMITS, 1)?;
    Ok(Some(Target { url, route }))
}
