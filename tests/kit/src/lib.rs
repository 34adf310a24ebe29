//! What the outer tests stand on: the servers that misbehave where told. A test's wrong step may panic.

pub mod postgres_proxy;
pub mod sqs_server;
