//! A run that somebody may watch and end: the live line on a terminal, and signals.

use std::sync::OnceLock;
use std::time::Instant;

use crate::drain::dry_run::{HoldingQueue, MOST_HELD};
use crate::drain::{self, Ended};
use crate::postgres::PostgresStore;
use crate::queue::Queue;
use crate::report::{Books, live_line_text};
use crate::screen::Terminal;
use crate::screen::live_line::LiveLine;
use crate::settings::Drain;
use crate::store::Store;
use crate::store::answering::AnsweringStore;
use crate::waiting::StopFlag;

/// The run itself, or a dry run on a store that only answers and a queue that gives everything back.
/// `most_receives`: the queue's redrive policy moves what was received more often.
pub fn run(
    settings: &mut Drain,
    terminal: Terminal,
    stop: &StopFlag,
    queue: &dyn Queue,
    store: &mut PostgresStore,
    most_receives: Option<u32>,
) -> Ended {
    if !settings.dry_run {
        return watched(queue, store, settings, terminal, stop);
    }
    let limits = &mut settings.run.limits;
    limits.max_messages = Some(limits.max_messages.unwrap_or(MOST_HELD).min(MOST_HELD));
    let holding = HoldingQueue::new(queue, &settings.run, most_receives);
    let mut ended = watched(&holding, &mut AnsweringStore::new(store), settings, terminal, stop);
    ended.books.give_back_failures = holding.give_all_back() as u64;
    ended
}

/// With a live line where somebody is looking.
fn watched(
    queue: &dyn Queue,
    store: &mut dyn Store,
    settings: &Drain,
    terminal: Terminal,
    stop: &StopFlag,
) -> Ended {
    let line = LiveLine::start(if settings.quiet { Terminal::Plain } else { terminal });
    let (started, backlog) = (Instant::now(), OnceLock::new());
    let show = |books: &Books| {
        line.show(|| match books.received {
            0 => "waiting for the first message".to_owned(),
            received => {
                let waiting = || queue.attributes().ok().flatten().map(|told| received + told.depth.visible);
                live_line_text::words(books, *backlog.get_or_init(waiting), started.elapsed())
            }
        });
    };
    let ended = drain::drain(queue, store, &settings.run, stop, &show);
    line.finish();
    ended
}
