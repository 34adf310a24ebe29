//! Region names: what one may look like, the hosts that serve it, and what an ARN or a host tells of it.

use crate::failure::Failure;

/// Region name prefixes outside the common partition, each with the DNS suffix of its services.
const PARTITIONS: [(&str, &str); 6] = [
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
];
const COMMON: &str = "amazonaws.com";
/// Under these the same services answer over IPv6 as well.
const DUAL_STACK: [&str; 2] = ["api.aws", "api.amazonwebservices.com.cn"];

/// A region becomes part of a host name and of every signature, so a typing slip is caught here.
pub fn well_formed(region: String) -> Result<String, Failure> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !region.is_empty() && region.chars().all(fits) {
        return Ok(region);
    }
    let shown = region.escape_debug();
    Err(Failure::lasting(format!("could not use the region `{shown}`: expected a name like us-east-1")))
}

/// Which of a service's endpoints are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Variant {
    /// With cryptography that FIPS 140 allows.
    pub fips: bool,
    /// Over IPv6 as well.
    pub dual_stack: bool,
}

impl Variant {
    pub fn is_usual(self) -> bool {
        self == Variant::default()
    }
}

/// The host that serves an AWS service in a region, for when nothing but the region is known.
pub fn host_of(service: &str, region: &str, variant: Variant) -> String {
    let special = PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix));
    let suffix = match (variant.dual_stack, special) {
        (true, None) => DUAL_STACK[0],
        (true, Some(("cn-", _))) => DUAL_STACK[1],
        (_, special) => special.map_or(COMMON, |(_, suffix)| suffix),
    };
    // What serves a government's regions is all of this kind, and its name without the mark is the only one.
    let fips = variant.fips && (!region.starts_with("us-gov-") || service != "sqs");
    format!("{service}{}.{region}.{suffix}", if fips { "-fips" } else { "" })
}

/// A host's labels before the DNS suffix of AWS that it ends with, in lower case; `None` for other hosts.
pub fn labels_at_aws(host: &str) -> Option<Vec<String>> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let mut suffixes =
        PARTITIONS.iter().map(|(_, suffix)| *suffix).chain([COMMON]).chain(DUAL_STACK.iter().copied());
    let labels = suffixes.find_map(|suffix| host.strip_suffix(suffix)?.strip_suffix('.'))?;
    Some(labels.split('.').map(str::to_owned).collect())
}

/// The region in `arn:aws:SERVICE:REGION:ACCOUNT:…`.
pub fn of_arn(arn: &str) -> Option<&str> {
    let region = arn.strip_prefix("arn:")?.split(':').nth(2)?;
    Some(region).filter(|region| !region.is_empty())
}

/// The region in a host such as `db.abc.eu-west-1.rds.amazonaws.com`.
pub fn of_rds_host(host: &str) -> Option<String> {
    match labels_at_aws(host)?.as_slice() {
        [.., region, rds] if rds == "rds" => Some(region.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_small_letters_digits_and_hyphens() {
        assert_eq!(well_formed("us-east-1".into()).unwrap(), "us-east-1");
        for slip in ["", "US East", "x/../y", "eu_west_1", "eu-west-1\n"] {
            let failure = well_formed(slip.into()).unwrap_err();
            assert!(failure.text.contains("us-east-1") && !failure.text.contains('\n'), "{failure}");
        }
    }

    #[test]
    fn each_partition_has_its_suffix() {
        for (region, host) in [
            ("us-east-1", "sqs.us-east-1.amazonaws.com"),
            ("us-gov-west-1", "sqs.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", "sqs.cn-north-1.amazonaws.com.cn"),
            ("us-isob-east-1", "sqs.us-isob-east-1.sc2s.sgov.gov"),
            ("eusc-de-east-1", "sqs.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(host_of("sqs", region, Variant::default()), host);
            assert_eq!(labels_at_aws(host).unwrap(), ["sqs", region]);
        }
    }

    #[test]
    fn each_variant_has_its_host() {
        for (region, fips, dual_stack, host) in [
            ("us-east-1", true, false, "sqs-fips.us-east-1.amazonaws.com"),
            ("us-east-1", false, true, "sqs.us-east-1.api.aws"),
            ("us-east-1", true, true, "sqs-fips.us-east-1.api.aws"),
            ("us-gov-west-1", true, false, "sqs.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", false, true, "sqs.cn-north-1.api.amazonwebservices.com.cn"),
        ] {
            assert_eq!(host_of("sqs", region, Variant { fips, dual_stack }), host);
        }
    }

    #[test]
    fn only_hosts_of_aws_have_labels() {
        assert_eq!(labels_at_aws("SQS.EU-West-1.API.aws.").unwrap(), ["sqs", "eu-west-1"]);
        for host in ["", "127.0.0.1", "amazonaws.com", "sqs.x.evilamazonaws.com", "amazonaws.com.example"] {
            assert_eq!(labels_at_aws(host), None, "{host}");
        }
    }

    #[test]
    fn a_region_is_read_from_an_arn_and_from_a_database_host() {
        assert_eq!(of_arn("arn:aws:secretsmanager:eu-west-1:1:secret:db"), Some("eu-west-1"));
        assert_eq!(of_arn("arn:aws-cn:sqs:cn-north-1:1:q"), Some("cn-north-1"));
        for name in ["db", "a:b:c:d", "arn:aws:iam::1:role/r", ""] {
            assert_eq!(of_arn(name), None, "{name}");
        }
        assert_eq!(of_rds_host("db.abc.eu-west-1.rds.amazonaws.com").as_deref(), Some("eu-west-1"));
        assert_eq!(of_rds_host("x.cn-north-1.rds.amazonaws.com.cn").as_deref(), Some("cn-north-1"));
        for host in ["localhost", "rds.example", "db.rds.example.com"] {
            assert_eq!(of_rds_host(host), None, "{host}");
        }
    }
}
