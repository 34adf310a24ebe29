//! Requests that go out whole: the HTTP client hands over head and body one after the other, and each piece would be a
//! packet of its own and wake the server. Beside that, fewer words with the kernel about each call, and no use of a
//! connection that was kept while the machine slept.

use std::fmt;
use std::mem::take;
use std::time::{Duration, SystemTime};

use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport};
use ureq::{Error, Timeout};

/// A usual request fits: ten receipt handles, or a receive.
const MOST_HELD: usize = 8 * 1024;

/// A connection idle for longer may have been dropped by a load balancer without a word.
pub const IDLE_LIMIT: Duration = Duration::from_secs(5);

/// Stands behind every other connector.
#[derive(Debug)]
pub struct WholeRequests;

impl<In: Transport> Connector<In> for WholeRequests {
    type Out = Either<In, WholeRequest<In>>;

    fn connect(&self, _: &ConnectionDetails<'_>, chained: Option<In>) -> Result<Option<Self::Out>, Error> {
        let over = |inner| WholeRequest {
            inner,
            held: Vec::new(),
            has_answered: false,
            kept_since: SystemTime::now(),
        };
        Ok(chained.map(|inner| Either::B(over(inner))))
    }
}

/// A connection that sends once much is held, or when an answer is awaited.
pub struct WholeRequest<In> {
    inner: In,
    /// What is not sent yet.
    held: Vec<u8>,
    /// Something was read since the connection was last asked whether it is open.
    has_answered: bool,
    /// By the clock on the wall: the one that measures intervals stands still while a machine sleeps or is moved, and
    /// what is between it and the server forgets its connections meanwhile.
    kept_since: SystemTime,
}

/// What is held may be secret.
impl<In> fmt::Debug for WholeRequest<In> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WholeRequest")
    }
}

impl<In: Transport> WholeRequest<In> {
    fn send(&mut self, timeout: NextTimeout) -> Result<(), Error> {
        let mut left = self.held.as_slice();
        while !left.is_empty() {
            let buffer = self.inner.buffers().output();
            let (now, later) = left.split_at(left.len().min(buffer.len()));
            buffer.iter_mut().zip(now).for_each(|(place, byte)| *place = *byte);
            self.inner.transmit_output(now.len(), in_whole_seconds(timeout))?;
            left = later;
        }
        self.held.clear();
        Ok(())
    }
}

/// The kernel is told a time limit only where it is another than before, and each would be a little shorter than the
/// last.
fn in_whole_seconds(timeout: NextTimeout) -> NextTimeout {
    if timeout.after.is_not_happening() {
        return timeout;
    }
    let begun = u64::from(timeout.after.subsec_nanos() > 0);
    let after = Duration::from_secs(timeout.after.as_secs().saturating_add(begun));
    NextTimeout { after: after.into(), ..timeout }
}

impl<In: Transport> Transport for WholeRequest<In> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.held.extend_from_slice(self.inner.buffers().output().get(..amount).unwrap_or_default());
        if self.held.len() >= MOST_HELD { self.send(timeout) } else { Ok(()) }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        // What was not sent whole is no request.
        self.send(NextTimeout { reason: Timeout::SendBody, ..timeout })?;
        self.has_answered = true;
        self.inner.await_input(in_whole_seconds(timeout))
    }

    /// The client asks after each answer and again before the next request: the second time finds out as much.
    fn is_open(&mut self) -> bool {
        if take(&mut self.has_answered) {
            self.kept_since = SystemTime::now();
            return true;
        }
        self.kept_since.elapsed().is_ok_and(|idle| idle < IDLE_LIMIT) && self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

#[cfg(test)]
mod tests {
    use ureq::unversioned::transport::LazyBuffers;

    use super::*;

    /// A connection that notes what is sent, and has nothing to say.
    #[derive(Debug)]
    struct Noted {
        buffers: LazyBuffers,
        sent: Vec<Vec<u8>>,
        limits: Vec<u64>,
        asked: u32,
    }

    impl Transport for Noted {
        fn buffers(&mut self) -> &mut dyn Buffers {
            &mut self.buffers
        }

        fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
            self.sent.push(self.buffers.output()[..amount].to_vec());
            self.limits.push(timeout.after.as_millis() as u64);
            Ok(())
        }

        fn await_input(&mut self, _: NextTimeout) -> Result<bool, Error> {
            Ok(true)
        }

        fn is_open(&mut self) -> bool {
            self.asked += 1;
            true
        }
    }

    fn noted() -> Noted {
        Noted { buffers: LazyBuffers::new(100, 9000), sent: Vec::new(), limits: Vec::new(), asked: 0 }
    }

    fn over<In>(inner: In) -> WholeRequest<In> {
        WholeRequest { inner, held: Vec::new(), has_answered: false, kept_since: SystemTime::now() }
    }

    /// What is sent of a request that is written in these pieces.
    fn sent(pieces: &[&[u8]]) -> Noted {
        let mut connection = over(noted());
        let timeout = NextTimeout { after: Duration::from_millis(1200).into(), ..NextTimeout::default() };
        for piece in pieces {
            connection.buffers().output()[..piece.len()].copy_from_slice(piece);
            connection.transmit_output(piece.len(), timeout).unwrap();
        }
        connection.await_input(timeout).unwrap();
        connection.await_input(timeout).unwrap();
        assert!(connection.is_open() && connection.is_open());
        connection.inner
    }

    #[test]
    fn head_and_body_go_out_together_before_the_answer_is_awaited() {
        let noted = sent(&[b"head\r\n", b"body"]);
        assert_eq!(noted.sent, [b"head\r\nbody"]);
        assert_eq!(noted.limits, [2000]);
        assert_eq!(noted.asked, 1, "an answer has just come, and then it is asked");
        assert!(sent(&[]).sent.is_empty());
    }

    #[test]
    fn a_long_body_goes_out_in_its_order_and_is_not_held_as_a_whole() {
        let pieces: Vec<Vec<u8>> = (0..5_u8).map(|number| vec![number; 9000]).collect();
        let noted = sent(&pieces.iter().map(Vec::as_slice).collect::<Vec<_>>());
        assert_eq!(noted.sent.concat(), pieces.concat());
        assert!(noted.sent.len() >= 5);
    }

    #[test]
    fn a_connection_that_was_kept_over_a_jump_of_the_clock_is_not_used_again() {
        let now = SystemTime::now();
        for kept_since in [now - IDLE_LIMIT, now + Duration::from_secs(3600)] {
            let mut connection = WholeRequest { kept_since, ..over(noted()) };
            assert!(!connection.is_open());
            // What has just answered is open, whatever the clock did before.
            connection.has_answered = true;
            assert!(connection.is_open() && connection.is_open());
        }
    }
}
