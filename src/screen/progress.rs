//! The live line that a drain shows to somebody at a terminal.

use std::io;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::queue::Queue;
use crate::report::Books;
use crate::report::text::number;
use crate::settings;

/// Nothing is shown where nobody looks: no terminal, a dumb one, `NO_COLOR`, `--quiet`.
pub struct Progress {
    line: Option<ProgressBar>,
    started: Instant,
    /// About how many messages there were at the start, asked for once and only if somebody looks.
    backlog: OnceLock<Option<u64>>,
}

impl Progress {
    pub fn start(quiet: bool) -> Progress {
        let line = (!quiet && settings::may_draw_on(&io::stderr())).then(|| {
            let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            line.set_style(
                ProgressStyle::with_template("{spinner} {wide_msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner()),
            );
            line.enable_steady_tick(Duration::from_millis(100));
            line
        });
        Progress { line, started: Instant::now(), backlog: OnceLock::new() }
    }

    pub fn show(&self, books: &Books, queue: &dyn Queue) {
        let Some(line) = &self.line else { return };
        if books.received == 0 {
            return line.set_message("waiting for the first message");
        }
        let backlog = *self.backlog.get_or_init(|| {
            let depth = queue.attributes().ok().flatten()?.depth;
            Some(books.received + depth.visible)
        });
        line.set_message(words(books, backlog, self.started.elapsed()));
    }

    pub fn finish(&self) {
        if let Some(line) = &self.line {
            line.finish_and_clear();
        }
    }
}

/// "12,340 of about 50,000 messages, 3,085/s, 3 rejected, about 12 s left"
fn words(books: &Books, backlog: Option<u64>, elapsed: Duration) -> String {
    let rate = books.received as f64 / elapsed.as_secs_f64().max(0.001);
    let mut parts = vec![
        match backlog {
            Some(backlog) if backlog > books.received => {
                format!("{} of about {} messages", number(books.received), number(backlog))
            }
            _ => format!("{} messages", number(books.received)),
        },
        format!("{}/s", number(rate.round() as u64)),
    ];
    if books.rejected > 0 {
        parts.push(format!("{} rejected", number(books.rejected)));
    }
    if let Some(left) =
        backlog.and_then(|backlog| backlog.checked_sub(books.received)).filter(|left| *left > 0)
    {
        parts.push(format!("about {} s left", number((left as f64 / rate).ceil() as u64)));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_done_rate_rejects_and_time_left() {
        let books = Books { received: 12_340, rejected: 3, ..Books::default() };
        let elapsed = Duration::from_secs(4);
        assert_eq!(
            words(&books, Some(50_000), elapsed),
            "12,340 of about 50,000 messages, 3,085/s, 3 rejected, about 13 s left"
        );
        assert_eq!(words(&books, None, elapsed), "12,340 messages, 3,085/s, 3 rejected");
        assert_eq!(words(&books, Some(12_000), elapsed), "12,340 messages, 3,085/s, 3 rejected");
    }
}
