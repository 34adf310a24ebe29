//! A signed POST to a service of AWS whose answer is a text, tried again as long as that may help.

use aws_sigv4::http_request::SigningSettings;
use time::OffsetDateTime;
use ureq::http::Uri;

use super::access::Access;
use super::call::{Calling, call};
use super::call_error::CallError;
use super::error_reply::ErrorReply;
use super::http::Route;
use super::sign::{Scope, Signed, sign};
use crate::waiting::Until;

pub struct SignedPost<'a> {
    pub uri: &'a Uri,
    /// As signatures name it.
    pub service: &'a str,
    pub region: &'a str,
    /// All but `host` and those of the signature.
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a str,
}

impl SignedPost<'_> {
    /// The body of the answer.
    pub fn send(&self, access: &Access, route: &Route) -> Result<String, CallError> {
        let calling = Calling {
            credentials: access.credentials(),
            clock: access.clock(),
            patience: &access.new_patience(),
            until: Until::ASignal,
        };
        call(calling, |_| (), || self.send_once(access, route))
    }

    fn send_once(&self, access: &Access, route: &Route) -> Result<String, CallError> {
        let host = self.uri.authority().map(ToString::to_string).unwrap_or_default();
        let url = self.uri.to_string();
        let headers: Vec<_> = [("host", host.as_str())].iter().chain(self.headers).copied().collect();
        let request = Signed { method: "POST", url: &url, headers: &headers, body: self.body.as_bytes() };
        let scope = Scope { service: self.service, region: self.region, at: access.clock().server_time() };
        let keys = access.credentials().keys().map_err(CallError::NoCredentials)?;
        let signed =
            sign(&request, &scope, &keys, SigningSettings::default()).map_err(CallError::NoCredentials)?;
        let headers = self.headers.iter().copied().chain(signed.headers());
        let request =
            headers.fold(route.agent.post(self.uri), |request, (name, value)| request.header(name, value));
        let mut reply = request.send(self.body.as_bytes()).map_err(|error| route.failed(&error))?;
        if let Some(date) = reply.headers().get("date").and_then(|date| date.to_str().ok()) {
            access.clock().note(date, OffsetDateTime::now_utc());
        }
        let text = reply.body_mut().read_to_string().map_err(|error| route.failed(&error))?;
        let status = reply.status().as_u16();
        match (route.refusal(status), status) {
            (Some(refusal), _) => Err(refusal),
            (None, 200) => Ok(text),
            (None, status) => Err(CallError::Refused(ErrorReply::read(status, &text, None))),
        }
    }
}
