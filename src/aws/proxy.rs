//! The rule which proxy stands between us and a URL, as the usual environment variables state it.

use std::net::IpAddr;

use ureq::Proxy;
use ureq::http::Uri;

use crate::failure::Failure;

/// The proxy for a URL, if any. `variable` looks up one environment variable.
/// The HTTP library's own reading of the environment is not used: it sends plain HTTP through
/// HTTPS_PROXY, and does not trim the names in NO_PROXY.
pub fn for_url(uri: &Uri, variable: &dyn Fn(&str) -> Option<String>) -> Result<Option<Proxy>, Failure> {
    let host = uri.host().unwrap_or_default();
    let lookup = |name: &str| variable(name).filter(|text| !text.trim().is_empty());
    let exceptions = lookup("NO_PROXY").or_else(|| lookup("no_proxy")).unwrap_or_default();
    if is_local(host) || is_excepted(host, &exceptions) {
        return Ok(None);
    }
    let names = match uri.scheme_str() {
        Some("https") => ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        _ => ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
    };
    let set = names.into_iter().find_map(|name| Some((name, lookup(name)?)));
    set.map(|(name, url)| read(name, url.trim())).transpose()
}

fn read(name: &str, url: &str) -> Result<Proxy, Failure> {
    let refuse = || {
        Failure::permanent(format!(
            "could not use the proxy in `{name}`: expected a URL like http://proxy.example:3128"
        ))
    };
    let proxy = Proxy::new(url).map_err(|_| refuse())?;
    match proxy.protocol() {
        ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https => Ok(proxy),
        _ => Err(refuse()),
    }
}

/// Addresses that only this machine can reach: itself, and the metadata services of EC2, ECS and EKS.
fn is_local(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || matches!(address.segments(), [0xfd00, 0x0ec2, ..])
        }
        Err(_) => bare.eq_ignore_ascii_case("localhost"),
    }
}

/// An entry stands for the host of that name and all below it; `*` stands for every host.
fn is_excepted(host: &str, exceptions: &str) -> bool {
    let host = host.to_ascii_lowercase();
    exceptions.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        let name = entry.trim_start_matches('*').trim_start_matches('.');
        entry == "*" || host == name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn proxy_host(url: &str, environment: &[(&str, &str)]) -> Option<String> {
        let variable = |name: &str| {
            environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        for_url(&url.parse().unwrap(), &variable).unwrap().map(|proxy| proxy.host().to_owned())
    }

    #[test]
    fn the_scheme_picks_the_proxy() {
        let both = [("HTTPS_PROXY", "http://secure:1"), ("http_proxy", "http://plain:1")];
        assert_eq!(proxy_host("https://sqs.x/", &both).unwrap(), "secure");
        assert_eq!(proxy_host("http://sqs.x/", &both).unwrap(), "plain");
        assert_eq!(proxy_host("http://sqs.x/", &[("HTTPS_PROXY", "http://secure:1")]), None);
        assert_eq!(proxy_host("http://sqs.x/", &[("ALL_PROXY", "http://all:1")]).unwrap(), "all");
        assert_eq!(proxy_host("https://sqs.x/", &[("HTTPS_PROXY", ""), ("ALL_PROXY", " ")]), None);
    }

    #[test]
    fn local_addresses_and_exceptions_are_dialled_directly() {
        for (url, exceptions, direct) in [
            ("http://127.0.0.1:4566/", "", true),
            ("http://[::1]:4566/", "", true),
            ("http://localhost:4566/", "", true),
            ("http://169.254.169.254/", "", true),
            ("http://169.254.170.2/", "", true),
            ("http://[fd00:ec2::254]/", "", true),
            ("http://[fd00:ec3::254]/", "", false),
            ("http://10.0.0.1/", "", false),
            ("http://10.0.0.1/", "a.b, 10.0.0.1", true),
            ("http://sqs.eu-west-1.amazonaws.com/", ".amazonaws.com", true),
            ("http://sqs.eu-west-1.amazonaws.com/", "*.AmazonAWS.com", true),
            ("http://sqs.eu-west-1.amazonaws.com/", "x,amazonaws.com", true),
            ("http://sqs.eu-west-1.amazonaws.com/", "zonaws.com", false),
            ("http://sqs.eu-west-1.amazonaws.com/", "*", true),
            ("http://sqs.eu-west-1.amazonaws.com/", ",", false),
        ] {
            let found = proxy_host(url, &[("ALL_PROXY", "http://p:1"), ("NO_PROXY", exceptions)]);
            assert_eq!(found.is_none(), direct, "{url} with {exceptions}");
        }
    }

    #[test]
    fn an_unusable_proxy_is_named_by_its_variable_alone() {
        for url in ["socks5://me:hunter2@p:1", "::hunter2::", "gopher://p:1"] {
            let failure = for_url(&"https://sqs.x/".parse().unwrap(), &|_| Some(url.into())).unwrap_err();
            // The look-up answers every name, so NO_PROXY holds the text too; it must match no host.
            assert!(failure.text.contains("HTTPS_PROXY") && !failure.text.contains("hunter2"), "{failure}");
        }
    }
}
