//! What the outer tests stand on: servers that misbehave where told, and the scene of a test. A wrong step panics.

mod bodies;
mod cluster;
mod database;
pub mod postgres_proxy;
mod program;
mod queue;
mod running;
mod scene;
mod secrets_manager;
pub mod sqs_server;
mod surroundings;
mod tls;

pub use bodies::{Made, login, login_with, made_up_events, rogue};
pub use cluster::Cluster;
pub use database::Database;
pub use program::Program;
pub use queue::Queue;
pub use running::{MARKERS, Outcome, Running};
pub use scene::{QUEUE, Scene, wait_until};
pub use secrets_manager::SecretsManager;
pub use sqs_server::{Action, Ending, Fault, Server, Stage, When};
pub use surroundings::{ClosedPort, is_installed};
pub use tls::{acceptor, acceptor_and_authority};
