//! Requests in clear text through a proxy: to the proxy goes the whole URL, not its path alone.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport};
use ureq::{Error, Proxy};

/// Rewrites the first line of each request, and adds the login of the proxy.
#[derive(Debug)]
pub struct AbsoluteForm {
    login: String,
}

impl AbsoluteForm {
    pub fn new(proxy: &Proxy) -> AbsoluteForm {
        let given = proxy.username().is_some() || proxy.password().is_some();
        let (user, password) = (proxy.username().unwrap_or_default(), proxy.password().unwrap_or_default());
        let login = BASE64_STANDARD.encode(format!("{user}:{password}"));
        let login = given.then(|| format!("Proxy-Authorization: Basic {login}\r\n"));
        AbsoluteForm { login: login.unwrap_or_default() }
    }
}

impl<In: Transport> Connector<In> for AbsoluteForm {
    type Out = Either<In, ToProxy<In>>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        let authority = details.uri.authority().map(ToString::to_string).unwrap_or_default();
        let origin = format!("http://{authority}");
        let to_proxy = |inner| ToProxy { inner, origin, login: self.login.clone(), head_comes: true };
        Ok(chained.map(|inner| Either::B(to_proxy(inner))))
    }
}

/// A connection to a proxy.
pub struct ToProxy<In> {
    inner: In,
    origin: String,
    login: String,
    /// What is sent next begins with the first line of a request.
    head_comes: bool,
}

impl<In: Transport> std::fmt::Debug for ToProxy<In> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ToProxy")
    }
}

/// The head of a request as the proxy wants it; the rest stays as it is.
fn in_absolute_form(sent: &[u8], origin: &str, login: &str) -> Option<Vec<u8>> {
    let path = sent.iter().position(|byte| *byte == b' ')? + 1;
    let line = sent.windows(2).position(|two| two == b"\r\n")? + 2;
    let parts =
        [sent.get(..path)?, origin.as_bytes(), sent.get(path..line)?, login.as_bytes(), sent.get(line..)?];
    Some(parts.concat())
}

impl<In: Transport> Transport for ToProxy<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if !std::mem::take(&mut self.head_comes) {
            return self.inner.transmit_output(amount, timeout);
        }
        let sent = self.inner.buffers().output().get(..amount).map(<[u8]>::to_vec).unwrap_or_default();
        let Some(sent) = in_absolute_form(&sent, &self.origin, &self.login) else {
            return self.inner.transmit_output(amount, timeout);
        };
        // Longer than what is in the buffer, and perhaps than the buffer.
        let mut left = sent.as_slice();
        while !left.is_empty() {
            let buffer = self.inner.buffers().output();
            let (now, later) = left.split_at(left.len().min(buffer.len()));
            buffer.iter_mut().zip(now).for_each(|(place, byte)| *place = *byte);
            self.inner.transmit_output(now.len(), timeout)?;
            left = later;
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.head_comes = true;
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_holds_the_whole_url_and_the_rest_stays() {
        let request = b"POST /1/q?x HTTP/1.1\r\nHost: sqs.x\r\n\r\nbody";
        let sent = in_absolute_form(request, "http://sqs.x", "Proxy-Authorization: Basic YTpi\r\n").unwrap();
        let wanted =
            "POST http://sqs.x/1/q?x HTTP/1.1\r\nProxy-Authorization: Basic YTpi\r\nHost: sqs.x\r\n\r\nbody";
        assert_eq!(String::from_utf8(sent).unwrap(), wanted);
        assert_eq!(in_absolute_form(b"no head", "http://sqs.x", ""), None);
    }
}
