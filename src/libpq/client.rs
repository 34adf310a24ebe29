//! A session that waits for each answer: the driver's own, driven by the thread that asks.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::error::DbError;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{AsyncMessage, Error, Row, SimpleQueryMessage};

/// What is told of each notice of the server.
pub type Hear = Arc<dyn Fn(DbError) + Send + Sync>;

/// Dropped, it says goodbye to the server: fields are dropped in this order.
pub struct Client {
    asking: tokio_postgres::Client,
    exchange: Exchange,
}

/// The bytes that go to and fro, as long as somebody drives them.
struct Exchange {
    runtime: Runtime,
    /// Until it has ended.
    connection: Option<Pin<Box<dyn Messages>>>,
    hear: Hear,
}

/// A parameter of a statement, with the type that it has there.
type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// The threads that a blocking client needs: none.
pub fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

impl Client {
    /// `runtime` is the one on which the connection was made.
    pub fn new<S, T>(
        runtime: Runtime,
        asking: tokio_postgres::Client,
        connection: tokio_postgres::Connection<S, T>,
        hear: Hear,
    ) -> Client
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        Client { asking, exchange: Exchange { runtime, connection: Some(Box::pin(connection)), hear } }
    }

    pub fn is_closed(&self) -> bool {
        self.asking.is_closed()
    }

    /// One or more statements without parameters.
    pub fn batch_execute(&mut self, sql: &str) -> Result<(), Error> {
        self.exchange.drive(self.asking.batch_execute(sql))
    }

    /// As `batch_execute`, with what it answers as text.
    pub fn simple_query(&mut self, sql: &str) -> Result<Vec<SimpleQueryMessage>, Error> {
        self.exchange.drive(self.asking.simple_query(sql))
    }

    pub fn query_typed(&mut self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Error> {
        self.exchange.drive(self.asking.query_typed(sql, parameters))
    }

    /// Fails unless the answer is one row.
    pub fn query_typed_one(&mut self, sql: &str, parameters: &[Parameter<'_>]) -> Result<Row, Error> {
        self.exchange.drive(self.asking.query_typed_one(sql, parameters))
    }

    /// The number of rows that the server says it has changed.
    pub fn execute_typed(&mut self, sql: &str, parameters: &[Parameter<'_>]) -> Result<u64, Error> {
        self.exchange.drive(self.asking.execute_typed(sql, parameters))
    }
}

impl Exchange {
    fn drive<T>(&mut self, asked: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let mut asked = pin!(asked);
        let Exchange { runtime, connection, hear } = self;
        runtime.block_on(poll_fn(|context| {
            if let Poll::Ready(Err(error)) = hear_all(connection, hear, context) {
                return Poll::Ready(Err(error));
            }
            asked.as_mut().poll(context)
        }))
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let Exchange { runtime, connection, hear } = self;
        runtime.block_on(poll_fn(|context| hear_all(connection, hear, context).map(drop)));
    }
}

/// Ready when the connection has ended, with the error where one has just ended it.
fn hear_all(
    connection: &mut Option<Pin<Box<dyn Messages>>>,
    hear: &Hear,
    context: &mut Context<'_>,
) -> Poll<Result<(), Error>> {
    let Some(live) = connection else { return Poll::Ready(Ok(())) };
    let ended = loop {
        match live.as_mut().poll_message(context) {
            Poll::Ready(Some(Ok(AsyncMessage::Notice(notice)))) => hear(notice),
            Poll::Ready(Some(Ok(_))) => {}
            Poll::Ready(Some(Err(error))) => break Err(error),
            Poll::Ready(None) => break Ok(()),
            Poll::Pending => return Poll::Pending,
        }
    };
    *connection = None;
    Poll::Ready(ended)
}

/// A connection over whatever it goes.
trait Messages: Send {
    fn poll_message(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<AsyncMessage, Error>>>;
}

impl<S, T> Messages for tokio_postgres::Connection<S, T>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    T: AsyncRead + AsyncWrite + Unpin + Send,
{
    fn poll_message(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<AsyncMessage, Error>>> {
        self.get_mut().poll_message(context)
    }
}
