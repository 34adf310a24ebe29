//! The choice of region and endpoint: which region signs a call, and which address is dialled.

use super::queue_url::Address;
use crate::aws::region::{Variant, host_of, well_formed};
use crate::failure::Failure;

/// Where to send SQS calls, and the region to sign them for. The two need not agree on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointChoice {
    pub region: String,
    /// `scheme://host[:port][/prefix]`, without a final slash.
    pub endpoint: String,
    /// A setting that was passed over, in a sentence for people.
    pub remark: Option<String>,
}

/// What the user and the environment said. A blank text counts as not given.
pub struct EndpointInputs<'a> {
    pub queue_url: Option<&'a str>,
    /// The flag, or `AWS_ENDPOINT_URL_SQS`, or `AWS_ENDPOINT_URL`.
    pub endpoint_url: Option<&'a str>,
    /// The flag.
    pub region: Option<&'a str>,
    /// `AWS_REGION`, or `AWS_DEFAULT_REGION`: where calls go that nothing else places.
    pub usual_region: Option<&'a str>,
    /// Which of AWS's own endpoints is wanted.
    pub variant: Variant,
    /// Asked last, because it reads files.
    pub profile_region: &'a dyn Fn() -> Option<String>,
}

/// Settles region and endpoint, or says lastingly what is missing or at odds.
pub fn choose(inputs: &EndpointInputs) -> Result<EndpointChoice, Failure> {
    let queue = given(inputs.queue_url).map(|url| Address::of_queue(url, "queue URL")).transpose()?;
    let dialled = given(inputs.endpoint_url).map(|url| Address::read(url, "endpoint URL")).transpose()?;
    let (region, remark) = region(inputs, queue.as_ref(), dialled.as_ref())?;
    let endpoint = endpoint(&region, queue.as_ref(), dialled.as_ref(), inputs.variant);
    Ok(EndpointChoice { region, endpoint, remark })
}

fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// The first source that names a region wins, and the flag and all addresses that name one must name the same.
/// The usual region is one for many programs: an address goes before it, with a word.
fn region(
    inputs: &EndpointInputs,
    queue: Option<&Address>,
    dialled: Option<&Address>,
) -> Result<(String, Option<String>), Failure> {
    let usual = given(inputs.usual_region);
    let named = [
        (given(inputs.region).map(str::to_owned), "--region"),
        (queue.and_then(Address::region), "the queue URL"),
        (dialled.and_then(Address::region), "the endpoint URL"),
    ];
    let mut named = named.into_iter().filter_map(|(region, source)| Some((region?, source)));
    let Some((region, source)) = named.next() else {
        let region = usual.map(str::to_owned).or_else(inputs.profile_region);
        return Ok((region.ok_or_else(no_region).and_then(well_formed)?, None));
    };
    if let Some((other, other_source)) = named.find(|(other, _)| *other != region) {
        return Err(at_odds(&region, source, &other, other_source));
    }
    let remark = usual.filter(|usual| *usual != region && source != "--region").map(|usual| {
        format!("the queue is in {region}, as {source} says, though AWS_REGION is {}", usual.escape_debug())
    });
    Ok((well_formed(region)?, remark))
}

fn no_region() -> Failure {
    Failure::lasting(
        "could not tell the AWS region: neither the queue URL nor a profile names one; \
         pass --region or set AWS_REGION",
    )
}

fn at_odds(region: &str, source: &str, other: &str, other_source: &str) -> Failure {
    Failure::lasting(format!(
        "could not settle on a region: {source} says `{region}` but {other_source} says `{other}`; \
         make them agree or leave out --region"
    ))
}

fn endpoint(region: &str, queue: Option<&Address>, dialled: Option<&Address>, variant: Variant) -> String {
    match (dialled, queue) {
        (Some(dialled), _) => format!("{}{}", dialled.origin, dialled.path),
        (None, Some(queue)) if !variant.is_usual() && queue.is_usual_host() => {
            format!("https://{}", host_of("sqs", region, variant))
        }
        (None, Some(queue)) if !queue.is_retired() => queue.origin.clone(),
        _ => format!("https://{}", host_of("sqs", region, variant)),
    }
}

#[cfg(test)]
mod tests;
