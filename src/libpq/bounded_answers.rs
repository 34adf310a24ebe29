//! The bound on what a server answers: the driver keeps an answer until it is whole, and knows no limit of its own.

use std::fmt;
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use postgres::tls::{ChannelBinding, TlsStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The longest message that is read. None of ours is answered with a tenth of it.
const LONGEST_MESSAGE: u64 = 16 << 20;
/// The most that one answer may cost in memory, all its messages taken together.
const LARGEST_ANSWER: u64 = 128 << 20;
/// What the driver spends on a message, however short, and on each of its columns, however empty.
const OF_A_MESSAGE: u64 = 256;
const OF_A_COLUMN: u64 = 32;

const HEADER: usize = 5;
const ROW: u8 = b'D';
/// A row's header, with the number of its columns.
const ROW_HEADER: usize = 7;
const PARAMETER_STATUS: u8 = b'S';
const READY_FOR_QUERY: u8 = b'Z';

/// The server has answered with more than is read.
#[derive(Debug)]
struct Endless;

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server's answer is longer than any that is asked for")
    }
}

impl std::error::Error for Endless {}

/// Whether this ended a connection.
pub fn was_endless(error: &postgres::Error) -> bool {
    let source = std::error::Error::source(error);
    let io = source.and_then(|source| source.downcast_ref::<Error>());
    io.and_then(Error::get_ref).is_some_and(|cause| cause.is::<Endless>())
}

/// A stream to a server that is read no further once an answer has gone beyond the limits.
pub struct BoundedAnswers<S> {
    stream: S,
    frames: Frames,
}

impl<S> BoundedAnswers<S> {
    pub fn new(stream: S) -> BoundedAnswers<S> {
        BoundedAnswers { stream, frames: Frames::default() }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for BoundedAnswers<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<(), Error>> {
        let this = &mut *self;
        loop {
            let before = buffer.filled().len();
            ready!(Pin::new(&mut this.stream).poll_read(context, buffer))?;
            let (_, read) = buffer.filled_mut().split_at_mut(before);
            let came = read.len();
            let kept =
                this.frames.pass(read).map_err(|endless| Error::new(ErrorKind::InvalidData, endless))?;
            buffer.set_filled(before + kept);
            // To have read nothing would mean the end.
            if kept > 0 || came == 0 {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for BoundedAnswers<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, Error>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: TlsStream + Unpin> TlsStream for BoundedAnswers<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream.channel_binding()
    }
}

/// Where in the messages of a server its bytes have come to.
#[derive(Default)]
struct Frames {
    /// Of the message that is being read: its kind, its length, and the number of columns where it is a row.
    header: [u8; ROW_HEADER],
    read: usize,
    /// Bytes of it that are still to come, without its header.
    left: u64,
    answer: u64,
    /// Nothing is read any more, though the driver asks for the goodbye of a server that it leaves.
    is_over: bool,
}

impl Frames {
    /// Looks at bytes as they come. What is to be kept of them is moved to the front; the rest the driver would keep by
    /// name for as long as the connection lives, and nobody here asks for it: the settings that a server reports.
    fn pass(&mut self, bytes: &mut [u8]) -> Result<usize, Endless> {
        if self.is_over {
            return Err(Endless);
        }
        let (mut seen, mut kept) = (0, 0);
        while seen < bytes.len() {
            let part = if self.left > 0 {
                let part = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len() - seen);
                self.left -= part as u64;
                part
            } else {
                self.take_header(bytes.get(seen).copied().unwrap_or_default())?;
                1
            };
            if self.kind() != PARAMETER_STATUS {
                bytes.copy_within(seen..seen + part, kept);
                kept += part;
            }
            seen += part;
        }
        Ok(kept)
    }

    fn kind(&self) -> u8 {
        self.header[0]
    }

    fn take_header(&mut self, byte: u8) -> Result<(), Endless> {
        if self.read == 0 {
            self.header = [byte, 0, 0, 0, 0, 0, 0];
            self.read = 1;
            return Ok(());
        }
        if let Some(place) = self.header.get_mut(self.read) {
            *place = byte;
        }
        self.read += 1;
        let [kind, a, b, c, d, e, f] = self.header;
        let length = u64::from(u32::from_be_bytes([a, b, c, d]));
        if self.read == HEADER {
            let answer = if kind == READY_FOR_QUERY { 0 } else { self.answer + length + OF_A_MESSAGE };
            self.bound(length, answer)?;
        }
        // One that is shorter than its own header the driver complains of.
        let whole = if kind == ROW && length >= 6 { ROW_HEADER } else { HEADER };
        if self.read == whole {
            let columns = if whole == ROW_HEADER { u64::from(u16::from_be_bytes([e, f])) } else { 0 };
            self.bound(length, self.answer + columns * OF_A_COLUMN)?;
            self.left = (length + 1).saturating_sub(whole as u64);
            self.read = 0;
        }
        Ok(())
    }

    fn bound(&mut self, message: u64, answer: u64) -> Result<(), Endless> {
        self.answer = answer;
        self.is_over = message > LONGEST_MESSAGE || answer > LARGEST_ANSWER;
        if self.is_over { Err(Endless) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[kind], &length.to_be_bytes()[..], body].concat()
    }

    /// What is passed on of these bytes, where they come in pieces of this size.
    fn passed(bytes: &[u8], piece: usize) -> Vec<u8> {
        let mut frames = Frames::default();
        let mut all = Vec::new();
        for piece in bytes.chunks(piece) {
            let mut piece = piece.to_vec();
            let kept = frames.pass(&mut piece).unwrap();
            all.extend_from_slice(&piece[..kept]);
        }
        all
    }

    #[test]
    fn all_but_reported_settings_is_passed_on_whatever_pieces_it_comes_in() {
        let row = message(ROW, b"\0\x01\0\0\0\x05anna.");
        let settings = message(PARAMETER_STATUS, b"TimeZone\0UTC\0");
        let ready = message(READY_FOR_QUERY, b"I");
        let bytes =
            [&settings[..], &row, &settings, &settings, &message(b'1', b""), &ready, &settings].concat();
        let expected = [&row[..], &message(b'1', b""), &ready].concat();
        for piece in 1..bytes.len() + 1 {
            assert_eq!(passed(&bytes, piece), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_message_or_an_answer_beyond_its_limit_is_refused_and_a_new_answer_counts_anew() {
        let mut huge = [&[b'T'][..], &u32::MAX.to_be_bytes()].concat();
        let mut over = Frames::default();
        assert!(over.pass(&mut huge).is_err() && over.pass(&mut [0]).is_err());
        let body = vec![0; (LONGEST_MESSAGE - 4) as usize];
        for kind in [b'N', READY_FOR_QUERY] {
            let mut frames = Frames::default();
            for _ in 0..7 {
                assert!(frames.pass(&mut message(b'N', &body)).is_ok());
            }
            assert!(frames.pass(&mut message(kind, &body)).is_ok() == (kind == READY_FOR_QUERY));
        }
    }

    #[test]
    fn rows_of_nothing_but_columns_count_for_what_they_cost() {
        let mut frames = Frames::default();
        let mut row = message(ROW, &[&[0xff_u8, 0xff][..], &[0xff; 4 * 1000]].concat());
        let most = LARGEST_ANSWER / (65_535 * OF_A_COLUMN);
        let read = (0..=most).take_while(|_| frames.pass(&mut row).is_ok()).count();
        assert!((read as u64) < most + 1 && read > 10, "{read} of {most}");
    }
}
