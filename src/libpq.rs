//! The way to a PostgreSQL session: settings as libpq reads them, hosts in order, TLS, and plain words for
//! every refusal.

mod attempt;
mod bounded_answers;
pub mod bounded_file;
mod client_certificate;
mod connect_error;
mod conninfo_text;
mod endpoint;
mod error;
mod keywords;
mod layers;
mod negotiation;
mod passfile;
mod password;
#[cfg(test)]
mod psql_parity;
mod servicefile;
mod session;
mod session_attributes;
mod settings;
mod source;
mod target;
mod tls;
mod tls_connector;
mod url;
mod user_file;

pub use bounded_answers::was_endless;
pub use connect_error::NO_FREE_CONNECTION;
pub use error::Error;
pub use settings::holds_password;
pub use source::Source;
pub use target::Target;
