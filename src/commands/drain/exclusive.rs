//! The lock of `--exclusive`, and whether a second connection is to be had beside the one that holds it.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::commands::connections;
use crate::failure::Failure;
use crate::postgres::exclusive_lock::ExclusiveLock;
use crate::postgres::{Login, NO_FREE_CONNECTION, PostgresStore};
use crate::settings::Drain;
use crate::store::Store;

/// Takes the lock, unless another run has it, and asks the store beside it: a server or pooler that gives one
/// connection at a time would otherwise keep every run waiting for itself.
pub fn take(
    settings: &Drain,
    login: &Login,
    store: &mut PostgresStore,
    queue: &str,
) -> Result<ExclusiveLock, Failure> {
    // Longer than a server takes for a small question, and shorter than what it is given for any.
    let limit = settings.database.timeout / 2;
    let take = || ExclusiveLock::take(connections::session(&settings.database, login.clone()), queue);
    let patience = &settings.run.store_patience;
    let mut lock = Some(patience.keep_trying(|| unless_alone(limit, take, || store.disconnect()))?);
    let answered = unless_alone(limit, || Store::answers(store), || drop(lock.take()));
    match (lock, answered) {
        // Whatever else keeps the store from answering is waited for where it is needed.
        (Some(lock), _) => Ok(lock),
        (None, Err(failure)) => Err(failure),
        (None, Ok(())) => Err(Failure::temporary("PostgreSQL is too slow to hold the lock of --exclusive")),
    }
}

const ONE_CONNECTION: &str = "--exclusive needs two connections to PostgreSQL at once, and only one is to be had: raise \
                              the pooler's pool_size, or CONNECTION LIMIT of the role or database, or leave it out";

/// A connection that was let go of is to be had again in less than this.
const SOON: Duration = Duration::from_secs(2);

/// Does the work on one connection. If it gets none, or no answer within the limit, the other connection is let go of:
/// where that helps at once, there is only one.
fn unless_alone<T: Send>(
    limit: Duration,
    mut work: impl FnMut() -> Result<T, Failure> + Send,
    let_go_of_the_other: impl FnOnce(),
) -> Result<T, Failure> {
    let only_one = || Failure::lasting(ONE_CONNECTION);
    thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        let (ask_again, asked_again) = mpsc::channel::<()>();
        let worker = scope.spawn(move || {
            let outcome = work();
            let refused = matches!(&outcome, Err(failure) if failure.text.contains(NO_FREE_CONNECTION));
            let _ = tell.send(refused);
            if refused && asked_again.recv().is_ok() && works_soon(work) { Err(only_one()) } else { outcome }
        });
        let mut helped = false;
        match told.recv_timeout(limit) {
            Ok(false) => {}
            Ok(true) => {
                let_go_of_the_other();
                let _ = ask_again.send(());
            }
            Err(_) => {
                let_go_of_the_other();
                helped = told.recv_timeout(SOON).is_ok();
            }
        }
        drop(ask_again);
        match worker.join() {
            Ok(Ok(_)) if helped => Err(only_one()),
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

fn works_soon<T>(mut work: impl FnMut() -> Result<T, Failure>) -> bool {
    let limit = Instant::now() + SOON;
    while Instant::now() < limit {
        if work().is_ok() {
            return true;
        }
        thread::sleep(Duration::from_millis(50));
    }
    false
}
