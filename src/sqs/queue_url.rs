//! What the URL of a queue says: where it stands, which region, and whether two of them are one queue.

use http::Uri;

use crate::aws::region::{self, Variant};
use crate::failure::Failure;

/// The one emulator whose host names tell a region.
const LOCALSTACK: &str = ".localhost.localstack.cloud";

/// The parts of an SQS URL that matter: a queue's, or an endpoint's.
#[derive(Debug)]
pub struct Address {
    /// `scheme://host[:port]`.
    pub origin: String,
    /// Without a final slash, so that none is empty.
    pub path: String,
    host: String,
    /// Where it is not the usual one of the scheme.
    port: Option<u16>,
}

/// What a host name tells about the queue behind it.
#[derive(Debug, PartialEq, Eq)]
struct QueueHost {
    region: String,
    /// One of the names that still stand in old queue URLs but do not work everywhere any more.
    retired: bool,
}

/// The same text for every spelling of a queue's URL.
pub fn identity(url: &str) -> Result<String, Failure> {
    Ok(Address::of_queue(url, "queue URL")?.identity())
}

impl Address {
    /// `what` names the URL in the failure.
    pub fn read(url: &str, what: &str) -> Result<Address, Failure> {
        let refuse = |why: &str| Failure::lasting(format!("could not use the {what}{}: {why}", shown(url)));
        let uri: Uri =
            url.parse().map_err(|_| refuse("it is not a URL such as https://sqs.us-east-1.amazonaws.com"))?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"));
        let scheme = scheme.ok_or_else(|| refuse("it must begin with http:// or https://"))?;
        let authority = uri.authority().ok_or_else(|| refuse("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(refuse("it must not carry a user name or password; take them out"));
        }
        let usual_port = if scheme == "https" { 443 } else { 80 };
        Ok(Address {
            origin: format!("{scheme}://{authority}"),
            host: authority.host().trim_end_matches('.').to_ascii_lowercase(),
            port: authority.port_u16().filter(|port| *port != usual_port),
            path: uri.path().trim_end_matches('/').to_owned(),
        })
    }

    /// The same for a URL that must name a queue.
    pub fn of_queue(url: &str, what: &str) -> Result<Address, Failure> {
        let address = Address::read(url, what)?;
        // It would be shown with the URL, and could be a signature.
        if url.contains(['?', '#']) {
            return Err(Failure::lasting(format!(
                "could not use the {what}: nothing may follow the name of the queue"
            )));
        }
        if address.path.is_empty() {
            return Err(Failure::lasting(format!(
                "could not use the {what} `{}`: it names no queue; \
                 expected a URL like https://sqs.us-east-1.amazonaws.com/123456789012/login-queue",
                address.origin
            )));
        }
        Ok(address)
    }

    pub fn region(&self) -> Option<String> {
        read_host(&self.host).map(|host| host.region)
    }

    /// Under an old name that may not answer, or that is not what AWS says to call.
    pub fn is_retired(&self) -> bool {
        read_host(&self.host).is_some_and(|host| host.retired)
    }

    /// The one that AWS gives to everybody in its region, in its usual or another variant.
    pub fn is_usual_host(&self) -> bool {
        let labels = region::labels_at_aws(&self.host).unwrap_or_default();
        matches!(labels.as_slice(), [service, _] if service == "sqs" || service == "sqs-fips")
            || self.is_retired()
    }

    /// The same text for every spelling of the same queue's URL: letters of the host, usual port, slashes,
    /// and the several hosts that AWS has for one region.
    pub fn identity(&self) -> String {
        let place = match region::labels_at_aws(&self.host).and_then(|_| read_host(&self.host)) {
            Some(host) => region::host_of("sqs", &host.region, Variant::default()),
            None => match self.port {
                Some(port) => format!("{}:{port}", self.host),
                None => self.host.clone(),
            },
        };
        format!("{place}{}", self.queue())
    }

    /// Account and name, which are what a server looks at: calls for all queues go to one endpoint.
    pub fn queue(&self) -> String {
        let parts = self.path.split('/').filter(|part| !part.is_empty());
        parts.map(|part| format!("/{part}")).collect()
    }
}

/// Reads a host name, or says nothing when it is no SQS name (an address, a private name, an emulator).
fn read_host(host: &str) -> Option<QueueHost> {
    if let Some(labels) = host.strip_suffix(LOCALSTACK) {
        return match labels.split('.').collect::<Vec<_>>().as_slice() {
            ["sqs", region] | [region, "queue"] => {
                Some(QueueHost { region: (*region).to_owned(), retired: false })
            }
            _ => None,
        };
    }
    let labels = region::labels_at_aws(host)?;
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let (region, retired) = match labels.as_slice() {
        ["sqs" | "sqs-fips", region] | [_, "sqs" | "sqs-fips", region, "vpce"] => (*region, false),
        [region, "queue"] => (*region, true),
        ["queue"] if host.ends_with(".com") => ("us-east-1", true),
        _ => return None,
    };
    Some(QueueHost { region: region.to_owned(), retired })
}

/// A URL is shown only when it cannot hold a password: not its query either.
fn shown(url: &str) -> String {
    if url.contains(['@', '?']) { String::new() } else { format!(" `{}`", url.escape_debug()) }
}

/// The region that a queue's URL names, if it does.
pub fn region_of_queue(url: &str) -> Option<String> {
    Address::read(url.trim(), "queue URL").ok()?.region()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(host: &str) -> Option<(String, bool)> {
        let address = Address::read(&format!("https://{host}/1/q"), "queue URL").unwrap();
        address.region().map(|region| (region, address.is_retired()))
    }

    #[test]
    fn a_host_tells_its_region() {
        for (host, region) in [
            ("sqs.us-east-1.amazonaws.com", "us-east-1"),
            ("SQS.EU-West-1.AmazonAWS.com.", "eu-west-1"),
            ("sqs.mx-central-1.amazonaws.com", "mx-central-1"),
            ("sqs.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            ("sqs.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"),
            ("sqs.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"),
            ("sqs.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1"),
            ("sqs.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1"),
            ("sqs.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
            ("sqs-fips.us-west-2.amazonaws.com", "us-west-2"),
            ("sqs.eu-central-1.api.aws", "eu-central-1"),
            ("sqs-fips.us-east-2.api.aws", "us-east-2"),
            ("vpce-0a1b-2c3d.sqs.us-east-2.vpce.amazonaws.com", "us-east-2"),
            ("vpce-0a1b-2c3d-us-east-2a.sqs.us-east-2.vpce.amazonaws.com", "us-east-2"),
            ("sqs.us-east-1.localhost.localstack.cloud", "us-east-1"),
            ("eu-west-3.queue.localhost.localstack.cloud", "eu-west-3"),
        ] {
            assert_eq!(told(host), Some((region.to_owned(), false)), "{host}");
        }
    }

    #[test]
    fn the_old_names_are_known_as_retired() {
        for (host, region) in [
            ("queue.amazonaws.com", "us-east-1"),
            ("ap-southeast-2.queue.amazonaws.com", "ap-southeast-2"),
            ("cn-north-1.queue.amazonaws.com.cn", "cn-north-1"),
        ] {
            assert_eq!(told(host), Some((region.to_owned(), true)), "{host}");
        }
    }

    #[test]
    fn other_hosts_tell_nothing() {
        for host in [
            "127.0.0.1",
            "localhost",
            "localhost.localstack.cloud",
            "sqs.example.com",
            "queue.amazonaws.com.cn",
            "sns.us-east-1.amazonaws.com",
            "sqs.us-east-1.evilamazonaws.com",
            "sqs.us-east-1.amazonaws.com.example.org",
            "amazonaws.com",
        ] {
            assert_eq!(told(host), None, "{host}");
        }
    }

    #[test]
    fn every_spelling_of_one_queue_has_one_identity() {
        for spellings in [
            &[
                "https://sqs.us-east-1.amazonaws.com/1/q",
                "https://SQS.us-east-1.AmazonAWS.com:443/1/q/",
                "http://sqs.us-east-1.amazonaws.com//1/q",
                "https://queue.amazonaws.com/1/q",
                "https://us-east-1.queue.amazonaws.com/1/q",
                "https://sqs-fips.us-east-1.api.aws/1/q",
                "https://vpce-0a1b.sqs.us-east-1.vpce.amazonaws.com/1/q",
            ][..],
            &["http://LocalHost:4566/0/q", "http://localhost:4566/0/q/", "https://localhost:4566/0//q"],
            &["http://queue.example/0/q", "http://queue.example.:80/0/q", "https://queue.example:443/0/q"],
        ] {
            let identities = spellings.iter().map(|url| Address::read(url, "queue URL").unwrap().identity());
            let identities: std::collections::HashSet<String> = identities.collect();
            assert_eq!(identities.len(), 1, "{identities:?}");
        }
    }

    #[test]
    fn other_queues_have_other_identities() {
        let identities: std::collections::HashSet<String> = [
            "https://sqs.us-east-1.amazonaws.com/1/q",
            "https://sqs.us-east-1.amazonaws.com/1/Q",
            "https://sqs.us-east-1.amazonaws.com/2/q",
            "https://sqs.us-east-2.amazonaws.com/1/q",
            "http://localhost:4566/1/q",
            "http://localhost:4567/1/q",
        ]
        .iter()
        .map(|url| Address::read(url, "queue URL").unwrap().identity())
        .collect();
        assert_eq!(identities.len(), 6);
    }
}
