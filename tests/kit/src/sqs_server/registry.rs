//! The queues of the server by name, and fresh message ids.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, RwLock};

use super::errors::SqsError;
use super::queue::Queue;
use super::random::Random;
use super::settings::Settings;

pub struct Registry {
    queues: RwLock<BTreeMap<String, Arc<Queue>>>,
    random: Mutex<Random>,
}

impl Registry {
    /// Ids differ from server to server, as with AWS, so that runs against one database do not collide.
    pub fn new() -> Registry {
        let seed = RandomState::new().build_hasher().finish();
        Registry { queues: RwLock::default(), random: Mutex::new(Random::new(seed)) }
    }

    /// Makes the queue unless it is there; `Err` if an attribute is not understood.
    pub fn create(&self, name: &str, attributes: &BTreeMap<String, String>) -> Result<Arc<Queue>, SqsError> {
        let mut queues = self.queues.write().unwrap();
        if let Some(queue) = queues.get(name) {
            return Ok(queue.clone());
        }
        let mut settings = Settings::default();
        settings.apply(attributes).map_err(SqsError::parameter)?;
        let queue = Arc::new(Queue::new(name, settings));
        queues.insert(name.to_string(), queue.clone());
        Ok(queue)
    }

    pub fn find(&self, name: &str) -> Result<Arc<Queue>, SqsError> {
        self.queues.read().unwrap().get(name).cloned().ok_or_else(SqsError::unknown_queue)
    }

    /// The queue that takes this queue's dead messages.
    pub fn dead_letters_of(&self, queue: &Queue) -> Option<Arc<Queue>> {
        let redrive = queue.settings().redrive?;
        self.find(&redrive.target).ok()
    }

    pub fn all(&self) -> Vec<Arc<Queue>> {
        self.queues.read().unwrap().values().cloned().collect()
    }

    pub fn fresh_id(&self) -> String {
        self.random.lock().unwrap().uuid().to_string()
    }
}
