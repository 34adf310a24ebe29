//! What a run leaves in the database when it has ended: its row in `login_drain_runs`, and nothing that is too old.

use std::time::Instant;

use time::OffsetDateTime;

use crate::exit::Exit;
use crate::postgres::{PostgresStore, PruneBounds};
use crate::report::Summary;
use crate::settings::Drain;
use crate::store::RunRecord;

/// `queue` is the queue's URL, which names its region and account as well.
pub fn leave(
    store: &mut PostgresStore,
    settings: &Drain,
    summary: &Summary,
    queue: &str,
    exit: Exit,
    started: Instant,
) {
    // What a run did is not changed by a row that could not be written.
    let _ = store.record_run(&record(summary, queue, exit));
    store.prune(&PruneBounds {
        asked_to_stop: &|| {
            settings.waiting.stop.is_set()
                || settings.run.max_seconds.is_some_and(|limit| started.elapsed() >= limit)
        },
        rows: summary.tally.books.inserted * 2,
        time: summary.elapsed / 10,
    });
}

/// A run that ends now with `exit`.
fn record(summary: &Summary, queue: &str, exit: Exit) -> RunRecord {
    let ended_at = OffsetDateTime::now_utc();
    let books = &summary.tally.books;
    let age =
        |sent_at: OffsetDateTime| u64::try_from((ended_at - sent_at).whole_seconds()).unwrap_or_default();
    RunRecord {
        queue: queue.to_owned(),
        started_at: ended_at - summary.elapsed,
        ended_at,
        exit_code: exit as u8,
        stopped_because: summary.stopped_because.code(),
        received: books.received,
        inserted: books.inserted,
        duplicates: books.duplicates,
        rejected: books.rejected,
        rogue_new: books.rogue_new,
        refused: books.refused,
        kept: books.kept,
        delete_failures: books.delete_failures,
        oldest_message_seconds: books.oldest_sent_at.map(age),
        queue_visible: summary.queue.map(|depth| depth.visible),
        host: whoami::hostname().unwrap_or_default(),
        version: env!("CARGO_PKG_VERSION"),
    }
}
