//! The queue as SQS has it: two protocols, and the sentences for what goes wrong.

mod attributes;
mod calls;
mod clients;
mod dead_letter;
mod dead_letter_choice;
mod dispatcher;
pub mod endpoint;
mod json_protocol;
mod lookup;
mod query_protocol;
mod queue_url;
mod read_whole;
mod receive_reply;
mod rusoto_errors;
mod sentences;
mod server;
mod signing_keys;
mod speech;
mod sqs_queue;
mod whole_xml;

pub use queue_url::{identity, region_of_queue};
pub use receive_reply::Asking;
pub use sqs_queue::{QueueName, Settings, SqsQueue};
