//! The clients over one HTTP client, one for each protocol, and where each call is sent.

use std::sync::Arc;

use rusoto_core::{Client, Region};
use rusoto_sqs::SqsClient;

use super::dispatcher::Dispatcher;
use super::queue_url::Address;
use super::server::Server;
use crate::aws::http::Route;
use crate::aws::{CallError, Clock, Credentials};

/// Which protocol a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Json,
    Query,
}

/// Where on a server calls are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Root,
    /// The path of the URL of the queue that is called for.
    QueuePath,
}

/// A client for one call.
pub enum Speaker {
    Json(Arc<Dispatcher>, Arc<Server>),
    Query(SqsClient, Arc<Dispatcher>, Arc<Server>),
}

pub struct Clients {
    ours: Arc<Dispatcher>,
    /// At the root.
    server: Option<Arc<Server>>,
    rusotos: Client,
    region: String,
    endpoint: String,
}

impl Clients {
    pub fn new(
        route: &Route,
        credentials: &Arc<Credentials>,
        clock: &Arc<Clock>,
        region: &str,
        endpoint: &str,
    ) -> Clients {
        let dispatcher = || Dispatcher::new(route.clone(), Arc::clone(clock), Arc::clone(credentials));
        Clients {
            ours: Arc::new(dispatcher()),
            server: Server::read(endpoint, region).map(Arc::new),
            rusotos: Client::new_with(Arc::clone(credentials), dispatcher()),
            region: region.to_owned(),
            endpoint: endpoint.to_owned(),
        }
    }

    pub fn speaker(&self, protocol: Protocol, place: Place, queue_url: &str) -> Result<Speaker, CallError> {
        let endpoint = || self.address(place, queue_url);
        let server = match place {
            Place::Root => self.server.clone(),
            Place::QueuePath => Server::read(&endpoint(), &self.region).map(Arc::new),
        };
        let unusable = || CallError::NotSent("the endpoint is no usable URL".to_owned());
        let (ours, server) = (Arc::clone(&self.ours), server.ok_or_else(unusable)?);
        Ok(match protocol {
            Protocol::Json => Speaker::Json(ours, server),
            Protocol::Query => {
                let region = Region::Custom { name: self.region.clone(), endpoint: endpoint() };
                Speaker::Query(SqsClient::new_with_client(self.rusotos.clone(), region), ours, server)
            }
        })
    }

    fn address(&self, place: Place, queue_url: &str) -> String {
        let parts = || {
            let endpoint = Address::read(&self.endpoint, "endpoint URL").ok()?;
            let queue = Address::read(queue_url, "queue URL").ok()?;
            Some(format!("{}{}", endpoint.origin, queue.path))
        };
        match place {
            Place::Root => self.endpoint.clone(),
            Place::QueuePath => parts().unwrap_or_else(|| self.endpoint.clone()),
        }
    }
}
