//! The choice of region and endpoint: which region signs a call, and which address is dialled.

use http::Uri;

use super::queue_host;
pub use super::queue_host::regional;
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

/// Settles region and endpoint, or says permanently what is missing or at odds.
pub fn choose(inputs: &EndpointInputs) -> Result<EndpointChoice, Failure> {
    let queue = given(inputs.queue_url).map(|url| Address::read(url, "queue URL")).transpose()?;
    let dialled = given(inputs.endpoint_url).map(|url| Address::read(url, "endpoint URL")).transpose()?;
    if let Some(queue) = &queue {
        queue.must_name_a_queue()?;
    }
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
    Failure::permanent(
        "could not tell the AWS region: neither the queue URL nor a profile names one; \
         pass --region or set AWS_REGION",
    )
}

fn at_odds(region: &str, source: &str, other: &str, other_source: &str) -> Failure {
    Failure::permanent(format!(
        "could not settle on a region: {source} says `{region}` but {other_source} says `{other}`; \
         make them agree or leave out --region and AWS_REGION"
    ))
}

/// A region becomes part of a host name and of every signature, so a typing slip is caught here.
fn well_formed(region: String) -> Result<String, Failure> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !region.is_empty() && region.chars().all(fits) {
        return Ok(region);
    }
    let shown = region.escape_debug();
    Err(Failure::permanent(format!("could not use the region `{shown}`: expected a name like us-east-1")))
}

fn endpoint(region: &str, queue: Option<&Address>, dialled: Option<&Address>) -> String {
    match (dialled, queue) {
        (Some(dialled), _) => format!("{}{}", dialled.origin, dialled.path),
        (None, Some(queue)) if !queue.is_retired() => queue.origin.clone(),
        _ => format!("https://{}", queue_host::regional("sqs", region)),
    }
}

/// The parts of a URL that matter here.
struct Address {
    origin: String,
    host: String,
    /// Without a final slash, so that none is empty.
    path: String,
}

impl Address {
    fn read(url: &str, what: &str) -> Result<Address, Failure> {
        let refuse = |why: &str| Failure::permanent(format!("could not use the {what}{}: {why}", shown(url)));
        let uri: Uri = url.parse().map_err(|_| refuse("it is not a URL"))?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"));
        let scheme = scheme.ok_or_else(|| refuse("it must begin with http:// or https://"))?;
        let authority = uri.authority().ok_or_else(|| refuse("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(refuse("it must not carry a user name or password; take them out"));
        }
        Ok(Address {
            origin: format!("{scheme}://{authority}"),
            host: authority.host().to_owned(),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    fn region(&self) -> Option<String> {
        queue_host::read(&self.host).map(|found| found.region)
    }

    fn is_retired(&self) -> bool {
        queue_host::read(&self.host).is_some_and(|found| found.retired)
    }

    fn must_name_a_queue(&self) -> Result<(), Failure> {
        if !self.path.is_empty() {
            return Ok(());
        }
        Err(Failure::permanent(format!(
            "could not use the queue URL `{}`: it names no queue; \
             expected a URL like https://sqs.us-east-1.amazonaws.com/123456789012/login-queue",
            self.origin
        )))
    }
}

/// A URL is shown only when it cannot hold a password: not its query either.
fn shown(url: &str) -> String {
    if url.contains(['@', '?']) { String::new() } else { format!(" `{}`", url.escape_debug()) }
}

#[cfg(test)]
mod tests;
