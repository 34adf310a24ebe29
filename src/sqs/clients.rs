//! rusoto's clients for one queue, one for each protocol, over one HTTP agent.

use std::sync::Arc;

use rusoto_core::Region;
use rusoto_sqs::SqsClient;
use ureq::Agent;

use super::dispatcher::{Dispatcher, Format};
use crate::aws::{Clock, Credentials};

pub struct Clients {
    pub json: rusoto_core::Client,
    pub query: SqsClient,
}

impl Clients {
    pub fn new(
        agent: &Agent,
        credentials: &Arc<Credentials>,
        region: &Region,
        clock: &Arc<Clock>,
    ) -> Clients {
        let client = |format| {
            let dispatcher = Dispatcher::new(agent.clone(), format, Arc::clone(clock));
            rusoto_core::Client::new_with(Arc::clone(credentials), dispatcher)
        };
        Clients {
            json: client(Format::Json),
            query: SqsClient::new_with_client(client(Format::Xml), region.clone()),
        }
    }
}
