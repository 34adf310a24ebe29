//! The credentials of a check: that there are some, and whose they are.

use crate::aws::{identity, region};
use crate::check::{Finding, State};
use crate::settings::Check;

pub fn look(settings: &Check) -> Vec<Finding> {
    let Ok(queue) = &settings.queue else { return Vec::new() };
    if let Err(failure) = queue.aws.credentials().keys() {
        return vec![Finding::of_failure("credentials", &failure)];
    }
    let urls = &queue.aws.settings().endpoint_urls;
    let host = queue.endpoint.endpoint.split("://").last().unwrap_or_default();
    let host = host.split(['/', ':']).next().unwrap_or_default();
    // A server of somebody else's has no STS beside it, and AWS's knows nothing of its keys.
    if urls.sts.is_none() && region::labels_at_aws(host).is_none() {
        let text = "there are some; whose they are was not asked, because the queue is not at AWS";
        return vec![Finding::new("credentials", State::Well, text)];
    }
    vec![match identity(&queue.aws, &queue.endpoint.region) {
        Ok(arn) => Finding::new("credentials", State::Well, format!("they are those of {arn}")),
        Err(failure) => Finding::of_failure("credentials", &failure),
    }]
}
