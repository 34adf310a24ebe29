//! The private runtime that AWS's provider library needs.

use tokio::runtime::Builder;

use crate::failure::Failure;

/// Built anew each time: a search is rare, and keys in the environment need none.
pub fn run<T>(search: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|cause| {
        Failure::temporary(format!("could not start the search for AWS credentials: {cause}"))
    })?;
    let found = runtime.block_on(search);
    // Not waiting for a look-up or a credential process that was given up.
    runtime.shutdown_background();
    Ok(found)
}
