//! In which region each thing is that a drain uses, as far as its name tells, and the one region that a run may not
//! leave: that of its queue.

use super::database::{Database, Login};
use crate::aws::{Access, region};
use crate::cli::MaskArgs;
use crate::failure::Failure;
use crate::libpq::Target;
use crate::sqs;

/// Something that a drain uses beside its queue. A queue's own redrive target is not among them: AWS lets it be in no
/// other region.
pub struct Place {
    /// As in "the dead-letter queue".
    pub what: String,
    /// `None` where nothing tells it.
    pub region: Option<String>,
}

/// What is known before any secret is asked for.
pub fn places(
    dead_letter_queue_url: Option<&str>,
    mask: &MaskArgs,
    database: &Database,
    aws: &Access,
) -> Result<Vec<Place>, Failure> {
    let mut places = Vec::new();
    if let Some(region) = dead_letter_queue_url.and_then(sqs::region_of_queue) {
        places.push(Place { what: "the dead-letter queue".to_owned(), region: Some(region) });
    }
    if let Some(id) = &mask.mask_key_secret {
        places.push(of_secret(id, "--mask-key-secret", aws)?);
    }
    match &database.login {
        Login::Secret(secret) => places.push(of_secret(&secret.id, "--database-secret", aws)?),
        Login::Known(target) => places.extend(of_hosts(target)),
    }
    Ok(places)
}

/// A secret is asked for where its ARN says, or in the usual region.
fn of_secret(id: &str, flag: &str, aws: &Access) -> Result<Place, Failure> {
    let what = format!("the secret of {flag}");
    let region = aws.region(region::of_arn(id), &what)?;
    Ok(Place { what, region: Some(region) })
}

/// Hosts of RDS and Aurora name their region.
pub fn of_hosts(target: &Target) -> impl Iterator<Item = Place> {
    target
        .remote_hosts()
        .into_iter()
        .map(|host| Place { region: region::of_rds_host(&host), what: format!("the database host {host}") })
}

/// The region of the queue.
pub struct OneRegion(String);

impl OneRegion {
    pub fn of_queue(region: &str) -> OneRegion {
        OneRegion(region.to_owned())
    }

    /// What is known to be elsewhere is refused.
    pub fn must_hold(&self, place: &Place) -> Result<(), Failure> {
        match &place.region {
            Some(region) if *region != self.0 => Err(Failure::lasting(format!(
                "--one-region: the queue is in {}, and {} is in {}; use one of the queue's region, or leave out the flag",
                self.0,
                place.what,
                region.escape_debug()
            ))),
            _ => Ok(()),
        }
    }
}
