//! What every call to AWS needs, and the two services besides SQS that are called: secrets and database tokens.

mod access;
mod call;
mod call_error;
mod clock;
mod credentials;
mod error_reply;
pub mod http;
mod proxy;
mod rds_token;
pub mod region;
mod resolver;
mod secret;
mod settings;
mod sign;

pub use access::Access;
pub use call::call;
pub use call_error::{CallError, Remedy};
pub use clock::Clock;
pub use credentials::{Credentials, profile_region};
pub use error_reply::{ErrorReply, Meaning, bare_code};
pub use proxy::{Named, Proxies};
pub use rds_token::rds_token;
pub use secret::{Secret, Stage, fetch, fetch_text};
pub use settings::{EndpointUrls, Files, Pointers, Settings};
