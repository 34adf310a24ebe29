//! The clients for one queue, one for each protocol, over one HTTP agent.

use std::sync::Arc;

use rusoto_core::Region;
use rusoto_sqs::SqsClient;
use ureq::Agent;

use super::dispatcher::Dispatcher;
use super::exchange::Exchange;
use super::json_protocol::JsonClient;
use crate::aws::{Clock, Credentials};

pub struct Clients {
    pub json: JsonClient,
    pub query: SqsClient,
}

impl Clients {
    pub fn new(
        agent: &Agent,
        credentials: &Arc<Credentials>,
        region: &Region,
        clock: &Arc<Clock>,
    ) -> Clients {
        let exchange = Exchange::new(agent.clone(), Arc::clone(clock));
        let rusoto =
            rusoto_core::Client::new_with(Arc::clone(credentials), Dispatcher::new(exchange.clone()));
        Clients {
            json: JsonClient::new(exchange, Arc::clone(credentials), region.clone()),
            query: SqsClient::new_with_client(rusoto, region.clone()),
        }
    }
}
