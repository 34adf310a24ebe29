//! What the tests are told about the servers they need, and names that nobody else uses.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// The region that scripts/with-services gives its server.
pub const REGION: &str = "eu-central-1";

pub fn sqs_endpoint() -> String {
    told("LOGIN_DRAIN_TEST_SQS_URL")
}

pub fn database_url() -> String {
    told("LOGIN_DRAIN_TEST_DATABASE_URL")
}

/// A program of the PostgreSQL installation, as `psql` or `pg_dump`.
pub fn postgres_program(name: &str) -> PathBuf {
    PathBuf::from(told("LOGIN_DRAIN_TEST_POSTGRES_BIN")).join(name)
}

fn told(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} is not set, so there is no server to test with: run scripts/test")
    })
}

/// A name for a queue, a schema or a role.
pub fn fresh_name(kind: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("it_{kind}_{}_{number}", std::process::id())
}
