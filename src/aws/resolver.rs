//! Name look-ups for the HTTP client, which asks before every call, even on a connection it already has: each
//! answer serves for a few seconds.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::http::uri::{Authority, Scheme};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Less than the minute for which AWS lets answers be kept.
const SERVES_FOR: Duration = Duration::from_secs(5);

/// A look-up with a time limit takes a thread of its own, which cost more than the rest of a call.
#[derive(Debug, Default)]
pub struct BriefMemory {
    /// The host that is dialled in place of every other.
    proxy: Option<Uri>,
    latest: Mutex<Option<Answer>>,
    lookup: DefaultResolver,
}

#[derive(Debug)]
struct Answer {
    scheme: Option<Scheme>,
    authority: Option<Authority>,
    addresses: ResolvedSocketAddrs,
    came_at: Instant,
}

impl Answer {
    fn serves(&self, uri: &Uri) -> bool {
        let same = self.scheme.as_ref() == uri.scheme() && self.authority.as_ref() == uri.authority();
        same && self.came_at.elapsed() < SERVES_FOR
    }
}

impl BriefMemory {
    pub fn new(proxy: Option<Uri>) -> BriefMemory {
        BriefMemory { proxy, ..BriefMemory::default() }
    }
}

impl Resolver for BriefMemory {
    fn resolve(&self, uri: &Uri, config: &Config, limit: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let uri = self.proxy.as_ref().unwrap_or(uri);
        let latest = || self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(answer) = latest().as_ref().filter(|answer| answer.serves(uri)) {
            return Ok(answer.addresses.clone());
        }
        // The lock is not held meanwhile: a slow name server must not make one caller wait for another.
        let addresses = self.lookup.resolve(uri, config, limit).map_err(as_unknown_host)?;
        let (scheme, authority) = (uri.scheme().cloned(), uri.authority().cloned());
        *latest() = Some(Answer { scheme, authority, addresses: addresses.clone(), came_at: Instant::now() });
        Ok(addresses)
    }
}

/// The library gives the system's own error, from which nobody could tell that nothing was sent.
fn as_unknown_host(error: Error) -> Error {
    match error {
        Error::Io(_) => Error::HostNotFound,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_answer_serves_its_own_host_and_only_for_a_while() {
        let uri = |text: &str| text.parse::<Uri>().unwrap();
        let asked = uri("https://sqs.eu-west-1.amazonaws.com/a");
        let answer = |came_at| Answer {
            scheme: asked.scheme().cloned(),
            authority: asked.authority().cloned(),
            addresses: DefaultResolver::default().empty(),
            came_at,
        };
        let fresh = answer(Instant::now() + SERVES_FOR);
        assert!(fresh.serves(&uri("https://sqs.eu-west-1.amazonaws.com/b")));
        assert!(!fresh.serves(&uri("http://sqs.eu-west-1.amazonaws.com/a")));
        assert!(!fresh.serves(&uri("https://sqs.eu-west-2.amazonaws.com/a")));
        assert!(!answer(Instant::now().checked_sub(SERVES_FOR).unwrap()).serves(&asked));
    }
}
