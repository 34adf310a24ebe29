//! Which queue rogue messages go to, settled before anything is received: one that is there, and another one.

use super::attributes;
use super::dead_letter::DeadLetterQueue;
use super::lookup::{GET_ATTRIBUTES, Lookup, Texts};
use super::queue_url::Address;
use crate::aws::{CallError, Meaning};
use crate::failure::Failure;

const SETTING: &str = "--dead-letter-queue-url";

/// The queue at `url`, or else the one that the redrive policy of the drained queue (at `own_url`) names.
pub fn choose(lookup: &Lookup<'_>, own_url: &str, url: Option<&str>) -> Result<DeadLetterQueue, Failure> {
    let own = lookup.own_attributes(own_url)?;
    let url = match url {
        Some(url) => url.trim().to_owned(),
        None => redrive_target(lookup, own.as_ref())?,
    };
    // Whatever the host, all calls go to one endpoint, and a server looks at account and name.
    let queue = Address::of_queue(&url, SETTING)?.queue();
    let mut is_itself = queue == Address::of_queue(own_url, "queue URL")?.queue();
    let mut theirs = None;
    if !is_itself {
        theirs = lookup.attributes(&url).map_err(|error| explain(lookup, &error, &url))?;
        let arn = |texts: &Option<Texts>| texts.as_ref().and_then(|texts| texts.get("QueueArn").cloned());
        is_itself = arn(&theirs).is_some_and(|theirs| arn(&own) == Some(theirs));
    }
    if is_itself {
        return Err(Failure::lasting(format!("{SETTING} names the drained queue itself: name another")));
    }
    if theirs.is_none() {
        must_exist(lookup, &queue, &url)?;
    }
    Ok(DeadLetterQueue::new(url, theirs.as_ref()))
}

fn redrive_target(lookup: &Lookup<'_>, own: Option<&Texts>) -> Result<String, Failure> {
    let redrive = own.and_then(|texts| attributes::read(texts).redrive).ok_or_else(|| {
        Failure::lasting(format!(
            "--rejects dead-letter needs a queue to send to: this one has no redrive policy that we may read; \
             set {SETTING}"
        ))
    })?;
    let (name, account) = attributes::from_arn(&redrive.target_arn).ok_or_else(|| {
        Failure::lasting(format!("the queue's redrive policy names no queue: set {SETTING}"))
    })?;
    lookup.url_of(name, Some(account)).map_err(|error| explain(lookup, &error, &redrive.target_arn))
}

/// For a queue whose attributes we may not see. `queue` is `/ACCOUNT/NAME`.
fn must_exist(lookup: &Lookup<'_>, queue: &str, url: &str) -> Result<(), Failure> {
    let mut parts = queue.rsplit('/');
    let (name, account) = (parts.next().unwrap_or_default(), parts.next().filter(|text| !text.is_empty()));
    match lookup.url_of(name, account) {
        Ok(_) => Ok(()),
        Err(CallError::Refused(reply)) if reply.meaning() == Meaning::Denied => Ok(()),
        Err(error) => Err(explain(lookup, &error, url)),
    }
}

fn explain(lookup: &Lookup<'_>, error: &CallError, queue: &str) -> Failure {
    match error {
        CallError::Refused(reply) if reply.meaning() == Meaning::NoSuchThing => Failure::lasting(format!(
            "there is no dead-letter queue `{}`: set {SETTING} to one in this region",
            queue.escape_debug()
        )),
        _ => lookup.caller.explain(error, GET_ATTRIBUTES, queue),
    }
}
