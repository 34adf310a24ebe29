//! Owns the tests of the test servers themselves; the tests stand beside the servers.
//! Never: the program under test.

#[path = "sqs_server/server.rs"]
mod sqs_server;

#[path = "postgres_proxy/proxy.rs"]
mod postgres_proxy;
