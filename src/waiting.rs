//! How long a service that fails is waited for, and what ends the waiting: success, patience, a time limit, a signal.

mod patience;
mod stop_flag;

pub use patience::{GaveUp, Patience, Pauses, Until, Waiting};
pub use stop_flag::StopFlag;
