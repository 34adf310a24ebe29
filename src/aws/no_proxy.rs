//! Which hosts NO_PROXY lists, in the forms that curl and the AWS tools read.

use std::net::IpAddr;

/// An entry is a host name (for itself and all below it), an address, a network as `10.0.0.0/8`, each but the last
/// with or without a port; `*` stands for every host.
pub fn is_excepted(host: &str, port: u16, exceptions: &str) -> bool {
    let host = bare(host).trim_end_matches('.').to_ascii_lowercase();
    let entries = exceptions.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty());
    entries.map(str::to_ascii_lowercase).any(|entry| entry == "*" || stands_for(&entry, &host, port))
}

fn stands_for(entry: &str, host: &str, port: u16) -> bool {
    if let Ok(address) = host.parse::<IpAddr>()
        && let Some((network, length)) = entry.split_once('/')
    {
        return contains(bare(network), length, address);
    }
    let (name, only_port) = split_port(entry);
    if only_port.is_some_and(|only| only != port) {
        return false;
    }
    if let (Ok(named), Ok(address)) = (bare(name).parse::<IpAddr>(), host.parse::<IpAddr>()) {
        return named == address;
    }
    let name = name.trim_start_matches('*').trim_start_matches('.').trim_end_matches('.');
    !name.is_empty() && (host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.')))
}

/// A port stands behind the only colon, or behind the brackets of an IPv6 address.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    let is_bare_v6 = !entry.starts_with('[') && entry.matches(':').count() > 1;
    match entry.rsplit_once(':') {
        Some((name, port)) if !is_bare_v6 && !port.contains(']') => match port.parse() {
            Ok(port) => (name, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

fn contains(network: &str, length: &str, address: IpAddr) -> bool {
    let Ok(length) = length.parse::<u32>() else { return false };
    let differs = match (network.parse(), address) {
        (Ok(IpAddr::V4(network)), IpAddr::V4(address)) if length <= 32 => {
            u128::from(network.to_bits() ^ address.to_bits()).checked_shr(32 - length)
        }
        (Ok(IpAddr::V6(network)), IpAddr::V6(address)) if length <= 128 => {
            Some((network.to_bits() ^ address.to_bits()).checked_shr(128 - length).unwrap_or_default())
        }
        _ => return false,
    };
    differs == Some(0)
}

fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_addresses_networks_and_ports_are_matched_as_curl_matches_them() {
        for (host, port, exceptions, direct) in [
            ("10.0.0.1", 80, "a.b, 10.0.0.1", true),
            ("sqs.eu-west-1.amazonaws.com", 443, ".amazonaws.com", true),
            ("sqs.eu-west-1.amazonaws.com", 443, "*.AmazonAWS.com", true),
            ("sqs.eu-west-1.amazonaws.com", 443, "x,amazonaws.com", true),
            ("sqs.eu-west-1.amazonaws.com.", 443, "amazonaws.com", true),
            ("sqs.eu-west-1.amazonaws.com", 443, "zonaws.com", false),
            ("sqs.eu-west-1.amazonaws.com", 443, "*", true),
            ("sqs.eu-west-1.amazonaws.com", 443, ",", false),
            ("sqs.eu-west-1.amazonaws.com", 443, ".", false),
            ("queue.internal", 4566, "queue.internal:4566", true),
            ("queue.internal", 4567, "queue.internal:4566", false),
            ("queue.internal", 443, "queue.internal:https", false),
            ("10.1.2.3", 80, "10.0.0.0/8", true),
            ("11.1.2.3", 80, "10.0.0.0/8", false),
            ("11.1.2.3", 80, "0.0.0.0/0", true),
            ("10.1.2.3", 80, "10.1.2.3/32", true),
            ("10.1.2.3", 80, "10.1.2.3/33", false),
            ("10.1.2.3", 80, "fd00::/8", false),
            ("[fd00:1::2]", 443, "fd00:1::2", true),
            ("[fd00:1::2]", 443, "fd00:1:0::2", true),
            ("[fd00:1::2]", 443, "[fd00:1::2]:443", true),
            ("[fd00:1::2]", 444, "[fd00:1::2]:443", false),
            ("[fd00:1::2]", 443, "fd00::/16", true),
            ("[fd00:1::2]", 443, "::/0", true),
            ("[fd01:1::2]", 443, "fd00::/16", false),
        ] {
            assert_eq!(is_excepted(host, port, exceptions), direct, "{host}:{port} with {exceptions}");
        }
    }
}
