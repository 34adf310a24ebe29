//! Waiting for something that another program is about to do.

use std::time::{Duration, Instant};

/// Waits until `reached` says so; fails with `what` when it never does.
pub fn until(what: &str, reached: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !reached() {
        assert!(Instant::now() < patience, "never reached: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
