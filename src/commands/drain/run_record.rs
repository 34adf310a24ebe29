//! The row that a run leaves in `login_drain_runs`.

use time::OffsetDateTime;

use crate::exit::Exit;
use crate::report::Summary;
use crate::store::RunRecord;

/// A run that ends now with `exit`. `queue` is the queue's URL, which names its region and account as well.
pub fn of(summary: &Summary, queue: &str, exit: Exit) -> RunRecord {
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
