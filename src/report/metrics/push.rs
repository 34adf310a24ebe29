//! Metrics sent over HTTP: to a Prometheus Pushgateway, or to whatever else takes their text.

use std::time::Duration;

use ureq::http::Uri;

use crate::aws::CallError;
use crate::aws::http::{Route, TimeLimits};
use crate::failure::Failure;

/// Nobody waits long for a run that is over.
pub const LIMITS: TimeLimits = TimeLimits {
    connect: Duration::from_secs(2),
    response: Duration::from_secs(3),
    body: Duration::from_secs(1),
};

/// The text format of Prometheus.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Where metrics are sent, and the way there.
pub struct Target {
    pub url: Uri,
    pub route: Route,
}

/// The URL as it is given, or, where it names a host alone, the place of this queue on a Pushgateway.
pub fn address(url: &str, queue: &str) -> Result<Uri, Failure> {
    let refused = |why| Failure::lasting(format!("could not use --metrics-push-url: {why}"));
    let uri: Uri = url.trim().parse().map_err(|_| refused("it is not a URL such as http://gateway:9091"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(refused("it must begin with http:// or https://"));
    }
    let authority = uri.authority().ok_or_else(|| refused("it names no host"))?.as_str();
    if authority.contains('@') {
        return Err(refused("it must not carry a user name or password; take them out"));
    }
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Ok(uri);
    }
    // Metrics of one name in one group replace each other: each queue needs a group of its own.
    let letters = queue.chars().filter(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(*letter));
    let group = match letters.collect::<String>() {
        queue if queue.is_empty() => String::new(),
        queue => format!("/queue/{queue}"),
    };
    let whole =
        format!("{}://{authority}/metrics/job/login_drain{group}", uri.scheme_str().unwrap_or("http"));
    whole.parse().map_err(|_| refused("it is not a URL such as http://gateway:9091"))
}

/// Sends the text once. On a Pushgateway a metric that is not sent stays as it was, such as the time of the last
/// success when a run has failed. The failure names the host alone: the rest of a URL may be a secret.
pub fn push(target: &Target, text: &str) -> Result<(), Failure> {
    let host = target.url.authority().map(ToString::to_string).unwrap_or_default();
    let failed = |why: String| Failure::temporary(format!("could not push the metrics to {host}: {why}"));
    let sent = target.route.agent.post(&target.url).header("content-type", TEXT).send(text);
    let reply = sent.map_err(|error| failed(told(&target.route.failed(&error))))?;
    match reply.status().as_u16() {
        200..=299 => Ok(()),
        status => Err(failed(format!("it answered HTTP {status}"))),
    }
}

/// Whether anybody answers there, whatever the answer is. Nothing is sent.
pub fn reach(target: &Target) -> Result<(), Failure> {
    let host = target.url.authority().map(ToString::to_string).unwrap_or_default();
    let root = format!("{}://{host}/", target.url.scheme_str().unwrap_or("http"));
    let asked = target.route.agent.get(root).call();
    let failed = |error: ureq::Error| {
        let why = told(&target.route.failed(&error));
        Failure::temporary(format!("could not reach {host}, where metrics are pushed to: {why}"))
    };
    asked.map(drop).map_err(failed)
}

fn told(error: &CallError) -> String {
    match error {
        CallError::NotSent(why)
        | CallError::NoReply(why)
        | CallError::Untrusted(why)
        | CallError::Barred(why) => why.clone(),
        _ => "the answer is none".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_alone_is_a_pushgateway_and_any_other_url_is_taken_as_it_is() {
        for (given, taken) in [
            ("http://gateway:9091", "http://gateway:9091/metrics/job/login_drain/queue/logins.fifo"),
            ("https://gateway/", "https://gateway/metrics/job/login_drain/queue/logins.fifo"),
            ("http://gateway:9091/metrics/job/mine", "http://gateway:9091/metrics/job/mine"),
            ("http://takes.it/?token=x", "http://takes.it/?token=x"),
        ] {
            assert_eq!(address(given, "logins.fifo").unwrap().to_string(), taken);
        }
        assert_eq!(address("http://x", "").unwrap().path(), "/metrics/job/login_drain");
    }

    #[test]
    fn what_is_no_address_is_refused_unprinted() {
        for url in ["hunter2", "ftp://hunter2", "http://me:hunter2@gateway", "http:///hunter2", ""] {
            let failure = address(url, "logins").unwrap_err();
            assert!(!failure.text.contains("hunter2"), "{failure}");
        }
    }
}
