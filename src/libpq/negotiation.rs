//! The first words to a server, whether TLS or plain text comes after them.

use std::error::Error;
use std::fmt::Debug;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use postgres_openssl::{MakeTlsConnector, TlsConnector, TlsStream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio_postgres::tls::{self, ChannelBinding, MakeTlsConnect, TlsConnect};

use super::bounded_answers::BoundedAnswers;

/// The request for TLS, as the protocol has it: its length and its number.
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
const GRANTED: u8 = b'S';

/// How the stream to a server is to be protected. The driver takes each of these for TLS that begins at once: so
/// everything that it reads goes through what is made here.
#[derive(Clone)]
pub enum Negotiation {
    PlainText,
    TlsIfOffered(MakeTlsConnector),
    Tls(MakeTlsConnector),
}

/// The same for one connection.
pub struct Negotiator {
    pub tls: Option<TlsConnector>,
    pub insists: bool,
}

pub enum Stream<S> {
    PlainText(S),
    Tls(TlsStream<S>),
}

type Failure = Box<dyn Error + Send + Sync>;

impl<S: AsyncRead + AsyncWrite + Unpin + Debug + Send + Sync + 'static> MakeTlsConnect<S> for Negotiation {
    type Stream = BoundedAnswers<Stream<S>>;
    type TlsConnect = Negotiator;
    type Error = openssl::error::ErrorStack;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Negotiator, Self::Error> {
        let make =
            |maker: &mut MakeTlsConnector| MakeTlsConnect::<S>::make_tls_connect(maker, domain).map(Some);
        Ok(match self {
            Negotiation::PlainText => Negotiator { tls: None, insists: false },
            Negotiation::TlsIfOffered(maker) => Negotiator { tls: make(maker)?, insists: false },
            Negotiation::Tls(maker) => Negotiator { tls: make(maker)?, insists: true },
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> TlsConnect<S> for Negotiator {
    type Stream = BoundedAnswers<Stream<S>>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Failure>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        Box::pin(async move { Ok(BoundedAnswers::new(self.negotiate(stream).await?)) })
    }
}

impl Negotiator {
    async fn negotiate<S>(self, mut stream: S) -> Result<Stream<S>, Failure>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Some(tls) = self.tls else { return Ok(Stream::PlainText(stream)) };
        stream.write_all(&TLS_REQUEST).await?;
        match stream.read_u8().await? {
            GRANTED => Ok(Stream::Tls(tls.connect(stream).await?)),
            _ if self.insists => Err("server does not support TLS".into()),
            _ => Ok(Stream::PlainText(stream)),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Stream<S> {
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

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
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

impl<S: AsyncRead + AsyncWrite + Unpin> tls::TlsStream for Stream<S> {
    fn channel_binding(&self) -> ChannelBinding {
        match self {
            Stream::PlainText(_) => ChannelBinding::none(),
            Stream::Tls(stream) => stream.channel_binding(),
        }
    }
}
