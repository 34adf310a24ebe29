//! The first words to a server, whether TLS or plain text comes after them.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use openssl::error::ErrorStack;
use postgres::Socket;
use postgres::tls::{self, ChannelBinding, MakeTlsConnect, TlsConnect};
use postgres_openssl::TlsStream;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::bounded_answers::BoundedAnswers;
use super::tls_connector::{TlsTo, TlsWhenNeeded};

/// The request for TLS, as the protocol has it: its length and its number.
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
const GRANTED: u8 = b'S';

/// How the stream to a server is to be protected. The driver takes each of these for TLS that begins at once: so
/// everything that it reads goes through what is made here.
#[derive(Clone)]
pub enum Negotiation {
    PlainText,
    TlsIfOffered(TlsWhenNeeded),
    Tls(TlsWhenNeeded),
}

/// The same for one connection.
pub struct Negotiator {
    tls: Option<TlsTo>,
    insists: bool,
}

pub enum Stream {
    PlainText(Socket),
    Tls(TlsStream<Socket>),
}

type Failure = Box<dyn Error + Send + Sync>;

impl MakeTlsConnect<Socket> for Negotiation {
    type Stream = BoundedAnswers<Stream>;
    type TlsConnect = Negotiator;
    type Error = ErrorStack;

    fn make_tls_connect(&mut self, name: &str) -> Result<Negotiator, ErrorStack> {
        Ok(match self {
            Negotiation::PlainText => Negotiator { tls: None, insists: false },
            Negotiation::TlsIfOffered(tls) => Negotiator { tls: Some(tls.to(name)), insists: false },
            Negotiation::Tls(tls) => Negotiator { tls: Some(tls.to(name)), insists: true },
        })
    }
}

impl TlsConnect<Socket> for Negotiator {
    type Stream = BoundedAnswers<Stream>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Failure>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move { Ok(BoundedAnswers::new(self.negotiate(socket).await?)) })
    }
}

impl Negotiator {
    async fn negotiate(self, mut socket: Socket) -> Result<Stream, Failure> {
        let Some(tls) = self.tls else { return Ok(Stream::PlainText(socket)) };
        socket.write_all(&TLS_REQUEST).await?;
        match socket.read_u8().await? {
            GRANTED => Ok(Stream::Tls(tls.connect(socket).await?)),
            _ if self.insists => Err("server does not support TLS".into()),
            _ => Ok(Stream::PlainText(socket)),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut *self {
            Stream::PlainText(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut *self {
            Stream::PlainText(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Stream::PlainText(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self {
            Stream::PlainText(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

impl tls::TlsStream for Stream {
    fn channel_binding(&self) -> ChannelBinding {
        match self {
            Stream::PlainText(_) => ChannelBinding::none(),
            Stream::Tls(stream) => stream.channel_binding(),
        }
    }
}
