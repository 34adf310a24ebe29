//! The regions of a check: whether what a drain uses is where its queue is.

use crate::check::{Finding, State};
use crate::settings::Check;
use crate::settings::regions::Place;

pub fn of_place(settings: &Check, place: &Place) -> Option<Finding> {
    let queue = &settings.queue.as_ref().ok()?.endpoint.region;
    let Place { what, region } = place;
    Some(match region {
        Some(region) if region == queue => {
            Finding::new("region", State::Well, format!("{what} is in {region} too"))
        }
        Some(region) => {
            let text = format!("{what} is in {}, and the queue in {queue}", region.escape_debug());
            let state = if settings.one_region { State::Problem } else { State::Warning };
            Finding::new("region", state, text)
                .cured_by("use one of the queue's region, unless the law lets logins travel between the two")
        }
        None => Finding::new("region", State::Note, format!("nothing tells in which region {what} is"))
            .cured_by(format!("see that it is in {queue}")),
    })
}
