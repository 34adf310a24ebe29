//! What every call to AWS needs, and the two services besides SQS that are called: secrets and database tokens.

mod absolute_form;
mod access;
mod call;
mod call_error;
mod clock;
mod credentials;
mod error_reply;
pub mod http;
mod identity;
mod no_proxy;
mod proxy;
mod rds_token;
pub mod region;
mod resolver;
mod roots;
mod secret;
mod settings;
pub mod sign;
mod signed_post;
mod whole_request;

pub use access::Access;
pub use call::{Calling, call};
pub use call_error::{CallError, Remedy};
pub use clock::Clock;
pub use credentials::{Credentials, ProfileFiles, profile_region};
pub use error_reply::{ErrorReply, Meaning, bare_code};
pub use identity::identity;
pub use proxy::{Named, Proxies};
pub use rds_token::rds_token;
pub use roots::Roots;
pub use secret::{Secret, Stage, fetch, fetch_text};
pub use settings::{EndpointUrls, Files, Pointers, Settings};
