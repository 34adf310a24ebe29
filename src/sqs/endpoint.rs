//! The choice of region and endpoint: which region signs a call, and which address is dialled.

use super::queue_url::Address;
use crate::aws::region::{host_of, well_formed};
use crate::failure::Failure;

/// Where to send SQS calls, and the region to sign them for. The two need not agree on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointChoice {
    pub region: String,
    /// `scheme://host[:port][/prefix]`, without a final slash.
    pub endpoint: String,
}

/// What the user and the environment said. A blank text counts as not given.
pub struct EndpointInputs<'a> {
    pub queue_url: Option<&'a str>,
    /// The flag, or `AWS_ENDPOINT_URL_SQS`, or `AWS_ENDPOINT_URL`.
    pub endpoint_url: Option<&'a str>,
    /// The flag, or `AWS_REGION`, or `AWS_DEFAULT_REGION`.
    pub region: Option<&'a str>,
    /// Asked last, because it reads files.
    pub profile_region: &'a dyn Fn() -> Option<String>,
}

/// Settles region and endpoint, or says lastingly what is missing or at odds.
pub fn choose(inputs: &EndpointInputs) -> Result<EndpointChoice, Failure> {
    let queue = given(inputs.queue_url).map(|url| Address::of_queue(url, "queue URL")).transpose()?;
    let dialled = given(inputs.endpoint_url).map(|url| Address::read(url, "endpoint URL")).transpose()?;
    let region = region(inputs, queue.as_ref(), dialled.as_ref())?;
    let endpoint = endpoint(&region, queue.as_ref(), dialled.as_ref());
    Ok(EndpointChoice { region, endpoint })
}

fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// The first source that names a region wins, and all that name one must name the same.
fn region(
    inputs: &EndpointInputs,
    queue: Option<&Address>,
    dialled: Option<&Address>,
) -> Result<String, Failure> {
    let named = [
        (given(inputs.region).map(str::to_owned), "--region or AWS_REGION"),
        (queue.and_then(Address::region), "the queue URL"),
        (dialled.and_then(Address::region), "the endpoint URL"),
    ];
    let mut named = named.into_iter().filter_map(|(region, source)| Some((region?, source)));
    let Some((region, source)) = named.next() else {
        return (inputs.profile_region)().ok_or_else(no_region).and_then(well_formed);
    };
    match named.find(|(other, _)| *other != region) {
        Some((other, other_source)) => Err(at_odds(&region, source, &other, other_source)),
        None => well_formed(region),
    }
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
         make them agree or leave out --region and AWS_REGION"
    ))
}

fn endpoint(region: &str, queue: Option<&Address>, dialled: Option<&Address>) -> String {
    match (dialled, queue) {
        (Some(dialled), _) => format!("{}{}", dialled.origin, dialled.path),
        (None, Some(queue)) if !queue.is_retired() => queue.origin.clone(),
        _ => format!("https://{}", host_of("sqs", region)),
    }
}

#[cfg(test)]
mod tests;
