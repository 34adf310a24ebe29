//! Which proxy stands between us and a URL.

use std::net::IpAddr;

use ureq::Proxy;
use ureq::http::Uri;

use super::no_proxy;
use crate::failure::Failure;

/// The proxies that the environment names, each for URLs of one scheme.
/// The HTTP library's own reading of the environment is not used: it sends plain HTTP through
/// HTTPS_PROXY, and does not trim the names in NO_PROXY.
#[derive(Clone, Default)]
pub struct Proxies {
    pub for_https: Option<Named>,
    pub for_http: Option<Named>,
    /// Hosts that are dialled directly, as NO_PROXY lists them.
    pub exceptions: String,
}

/// A proxy's URL, which may hold a password, and the variable that says it.
#[derive(Clone)]
pub struct Named {
    pub variable: &'static str,
    pub url: String,
}

/// A proxy that stands before a URL.
#[derive(Debug, Clone)]
pub struct Between {
    pub proxy: Proxy,
    /// The proxy for people: its variable, host and port.
    pub told: String,
}

impl Proxies {
    pub fn for_url(&self, uri: &Uri) -> Result<Option<Between>, Failure> {
        let host = uri.host().unwrap_or_default();
        let usual_port = if uri.scheme_str() == Some("https") { 443 } else { 80 };
        let port = uri.port_u16().unwrap_or(usual_port);
        if is_local(host) || no_proxy::is_excepted(host, port, &self.exceptions) {
            return Ok(None);
        }
        let named = if uri.scheme_str() == Some("https") { &self.for_https } else { &self.for_http };
        named.as_ref().map(read).transpose()
    }
}

fn read(named: &Named) -> Result<Between, Failure> {
    let refuse = || {
        Failure::lasting(format!(
            "could not use the proxy in `{}`: expected a URL like http://proxy.example:3128",
            named.variable
        ))
    };
    let proxy = Proxy::new(named.url.trim()).map_err(|_| refuse())?;
    match proxy.protocol() {
        ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https => {
            let told = format!("the proxy in {} ({}:{})", named.variable, proxy.host(), proxy.port());
            Ok(Between { proxy, told })
        }
        _ => Err(refuse()),
    }
}

/// Addresses that only this machine can reach: itself, and the metadata services of EC2, ECS and EKS.
pub fn is_local(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || matches!(address.segments(), [0xfd00, 0x0ec2, ..])
        }
        Err(_) => bare.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn named(variable: &'static str, url: &str) -> Option<Named> {
        Some(Named { variable, url: url.to_owned() })
    }

    fn proxy_host(url: &str, exceptions: &str) -> Option<String> {
        let proxies = Proxies {
            for_https: named("HTTPS_PROXY", "http://secure:1"),
            for_http: named("HTTP_PROXY", "http://plain:1"),
            exceptions: exceptions.to_owned(),
        };
        proxies.for_url(&url.parse().unwrap()).unwrap().map(|between| between.proxy.host().to_owned())
    }

    #[test]
    fn the_scheme_picks_the_proxy() {
        assert_eq!(proxy_host("https://sqs.x/", "").unwrap(), "secure");
        assert_eq!(proxy_host("http://sqs.x/", "").unwrap(), "plain");
        let none = Proxies::default().for_url(&"https://sqs.x/".parse().unwrap()).unwrap();
        assert!(none.is_none());
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
            let found = proxy_host(url, exceptions);
            assert_eq!(found.is_none(), direct, "{url} with {exceptions}");
        }
    }

    #[test]
    fn an_unusable_proxy_is_named_by_its_variable_alone() {
        for url in ["socks5://me:hunter2@p:1", "::hunter2::", "gopher://p:1"] {
            let proxies = Proxies { for_https: named("ALL_PROXY", url), ..Proxies::default() };
            let failure = proxies.for_url(&"https://sqs.x/".parse().unwrap()).unwrap_err();
            assert!(failure.text.contains("`ALL_PROXY`") && !failure.text.contains("hunter2"), "{failure}");
        }
    }
}
