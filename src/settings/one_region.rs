//! The one region that a run may not leave: that of its queue. What is known to be elsewhere is refused, what nothing
//! is known of is told.

use crate::aws::{Access, region};
use crate::failure::Failure;
use crate::libpq::Target;

/// The region of the queue.
pub struct OneRegion(String);

impl OneRegion {
    pub fn of_queue(region: &str) -> OneRegion {
        OneRegion(region.to_owned())
    }

    /// `what` is as in "the dead-letter queue".
    pub fn must_hold(&self, what: &str, region: &str) -> Result<(), Failure> {
        match self.0 == region {
            true => Ok(()),
            false => Err(Failure::lasting(format!(
                "--one-region: the queue is in {}, and {what} is in {}",
                self.0,
                region.escape_debug()
            ))),
        }
    }

    /// A secret is asked for where its ARN says, or in the usual region.
    pub fn must_hold_secret(&self, id: &str, flag: &str, aws: &Access) -> Result<(), Failure> {
        let what = format!("the secret of {flag}");
        self.must_hold(&what, &aws.region(region::of_arn(id), &what)?)
    }

    /// The hosts of which nothing tells where they are. Those of RDS and Aurora name their region.
    pub fn must_hold_database(&self, target: &Target) -> Result<Vec<String>, Failure> {
        let mut unknown = Vec::new();
        for host in target.remote_hosts() {
            match region::of_rds_host(&host) {
                Some(region) => self.must_hold(&format!("the database host {host}"), &region)?,
                None => unknown.push(host),
            }
        }
        Ok(unknown)
    }
}
