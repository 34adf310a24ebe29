//! What an SQS host name says: its region, whether it is a retired form, and the DNS suffix of a region.

/// Under these suffixes AWS (and the one emulator with regional names) places `sqs.REGION` hosts.
const SUFFIXES: [&str; 10] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "api.aws",
    "api.amazonwebservices.com.cn",
    "c2s.ic.gov",
    "sc2s.sgov.gov",
    "csp.hci.ic.gov",
    "cloud.adc-e.uk",
    "localhost.localstack.cloud",
];

/// Region name prefixes outside the common partition, the longer of two that overlap first.
const PARTITIONS: [(&str, &str); 6] = [
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
];

/// What a host name tells about the queue behind it.
#[derive(Debug, PartialEq, Eq)]
pub struct QueueHost {
    pub region: String,
    /// One of the names that still stand in old queue URLs but do not work everywhere any more.
    pub retired: bool,
}

/// Reads a host name, or says nothing when it is no SQS name (an address, a private name, an emulator).
pub fn read(host: &str) -> Option<QueueHost> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let (labels, suffix) = SUFFIXES.iter().find_map(|suffix| split(&host, suffix))?;
    let current = |region: &str| Some(QueueHost { region: region.to_owned(), retired: false });
    let retired = |region: &str| Some(QueueHost { region: region.to_owned(), retired: true });
    match labels.as_slice() {
        ["sqs" | "sqs-fips", region] => current(region),
        [_, "sqs" | "sqs-fips", region, "vpce"] => current(region),
        [region, "queue"] if suffix == "localhost.localstack.cloud" => current(region),
        [region, "queue"] => retired(region),
        ["queue"] if suffix == "amazonaws.com" => retired("us-east-1"),
        _ => None,
    }
}

fn split<'a>(host: &'a str, suffix: &'a str) -> Option<(Vec<&'a str>, &'a str)> {
    let labels = host.strip_suffix(suffix)?.strip_suffix('.')?;
    Some((labels.split('.').collect(), suffix))
}

/// The host that serves an AWS service in a region, for when nothing but the region is known.
pub fn regional(service: &str, region: &str) -> String {
    let special = PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix));
    format!("{service}.{region}.{}", special.map_or("amazonaws.com", |(_, suffix)| suffix))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

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
            let found = read(host).unwrap();
            assert_eq!((found.region.as_str(), found.retired), (region, false), "{host}");
        }
    }

    #[test]
    fn the_old_names_are_known_as_retired() {
        for (host, region) in [
            ("queue.amazonaws.com", "us-east-1"),
            ("ap-southeast-2.queue.amazonaws.com", "ap-southeast-2"),
            ("cn-north-1.queue.amazonaws.com.cn", "cn-north-1"),
        ] {
            let found = read(host).unwrap();
            assert_eq!((found.region.as_str(), found.retired), (region, true), "{host}");
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
            "",
        ] {
            assert_eq!(read(host), None, "{host}");
        }
    }

    #[test]
    fn a_regional_host_reads_back_as_its_region() {
        for region in [
            "us-east-1",
            "us-gov-west-1",
            "cn-northwest-1",
            "us-iso-west-1",
            "us-isob-east-1",
            "us-isof-east-1",
            "eu-isoe-west-1",
            "eusc-de-east-1",
        ] {
            assert_eq!(read(&regional("sqs", region)).unwrap().region, region);
        }
        assert_eq!(regional("sqs", "cn-north-1"), "sqs.cn-north-1.amazonaws.com.cn");
    }
}
