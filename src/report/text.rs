//! The summary as a person reads it: a verdict, a small table, what the queue says.

use std::collections::BTreeMap;
use std::fmt::Write;

use time::format_description::well_known::Rfc3339;

use super::{Books, Left, RejectTally, StopReason, Summary};
use crate::queue::Depth;
use crate::reject::Reason;
use crate::screen::number;

/// AWS's list price of a million requests to a standard queue, in dollars. A FIFO queue costs a quarter more.
const DOLLARS_PER_MILLION_CALLS: f64 = 0.40;

/// Several lines, the last without a line feed.
pub fn render(summary: &Summary) -> String {
    let counted = &summary.tally.books;
    let title = if summary.dry_run { "would reject" } else { "rejected" };
    let books = summary.deeds();
    let mut lines = vec![verdict(summary), String::new()];
    if books.received > 0 {
        lines.extend(table(&books, summary));
        lines.push(String::new());
    }
    lines.extend(reject_lines(title, &counted.rejects));
    lines.extend(left_lines(&summary.left));
    lines.push(queue_line(summary.queue));
    lines.push(cost_line(summary));
    lines.join("\n")
}

/// The whole run in one sentence.
pub fn verdict(summary: &Summary) -> String {
    let books = &summary.tally.books;
    let table = summary.table.as_ref().map_or_else(String::new, |table| format!(" in {table}"));
    if summary.dry_run {
        let given_back = match books.give_back_failures {
            0 => "all given back, nothing changed".to_owned(),
            failures => format!(
                "nothing changed, but {} could not be given back (they come back when their visibility timeout ends)",
                number(failures)
            ),
        };
        return format!(
            "dry run{}: {} would be stored{table}, {} skipped as known, {} rejected; {given_back}",
            dry_run_ending(summary.stopped_because),
            number(books.inserted),
            number(books.duplicates),
            number(books.rejected)
        );
    }
    let mut sentence = format!("{}: {} stored{table}", opening(summary), number(books.inserted));
    for (count, word) in [
        (books.duplicates, "known already"),
        (books.rejected - books.refused, "rejected"),
        (books.refused, "refused"),
        (books.kept, "left on the queue"),
        (given_back(books), "given back"),
        (books.give_back_failures, "not given back (they come back when their visibility timeout ends)"),
        (books.delete_failures, "not deleted (they come back and will be known)"),
        (books.lost_receives, "replies of SQS lost (each may hide ten messages until the next run)"),
    ] {
        if count > 0 {
            let _ = write!(sentence, ", {} {word}", number(count));
        }
    }
    if summary.left.blocked_groups > 0 {
        let groups = summary.left.blocked_groups as u64;
        let _ = write!(sentence, "; {} of the FIFO queue blocked by them", plural(groups, "group"));
        return sentence;
    }
    sentence + &queue_words(summary.queue)
}

fn plural(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(count), if count == 1 { "" } else { "s" })
}

/// What was done until now, in half a sentence.
pub fn progress(books: &Books) -> String {
    let hidden = match books.give_back_failures {
        0 => String::new(),
        failures => format!(", {} not given back", number(failures)),
    };
    format!(
        "{} received, {} stored, {} known already, {} rejected, {} deleted, {} given back{hidden}",
        number(books.received),
        number(books.inserted),
        number(books.duplicates),
        number(books.rejected),
        number(books.deleted),
        number(given_back(books))
    )
}

/// Of those that were released, what SQS did not take back comes back later.
fn given_back(books: &Books) -> u64 {
    books.released.saturating_sub(books.give_back_failures)
}

fn opening(summary: &Summary) -> &'static str {
    match summary.stopped_because {
        StopReason::Empty if summary.tally.books.lost_receives > 0 => {
            "drained what could be seen, nothing lost"
        }
        StopReason::Empty => "drained",
        StopReason::MaxMessages => "stopped at --max-messages, nothing lost",
        StopReason::MaxSeconds => "stopped at --max-seconds, nothing lost",
        StopReason::Signal => "stopped by a signal, nothing lost",
        StopReason::AnotherRun => "left to another run",
        StopReason::Failed => "failed, nothing lost",
    }
}

fn dry_run_ending(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Empty | StopReason::AnotherRun => "",
        StopReason::MaxMessages => ", stopped at --max-messages",
        StopReason::MaxSeconds => ", stopped at --max-seconds",
        StopReason::Signal => ", stopped by a signal",
        StopReason::Failed => ", failed",
    }
}

/// What will become of the messages that stay.
fn left_lines(left: &Left) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(day) = left.expires_at.and_then(|at| at.format(&Rfc3339).ok()) {
        lines.push(format!("left on the queue: SQS expires the oldest at {day}"));
    }
    if let Some(receives) = left.receives_left {
        lines.push(format!(
            "left on the queue: the redrive policy moves the first after {}",
            plural(u64::from(receives), "more receive")
        ));
    }
    if !lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

fn queue_words(queue: Option<Depth>) -> String {
    match queue {
        None => String::new(),
        Some(Depth { visible: 0, in_flight: 0, delayed: 0 }) => ", queue empty, nothing in flight".to_owned(),
        Some(depth) => {
            let parts = [
                (depth.visible, "waiting"),
                (depth.in_flight, "in flight elsewhere"),
                (depth.delayed, "delayed"),
            ];
            let told =
                parts.iter().filter(|part| part.0 > 0).map(|part| format!("{} {}", number(part.0), part.1));
            format!("; on the queue: {}", told.collect::<Vec<_>>().join(", "))
        }
    }
}

fn table(books: &Books, summary: &Summary) -> Vec<String> {
    let rows = [
        ("received", number(books.received)),
        ("inserted", number(books.inserted)),
        ("duplicates", number(books.duplicates)),
        ("rejected", number(books.rejected)),
        ("refused", number(books.refused)),
        ("kept", number(books.kept)),
        ("released", number(books.released)),
        ("deleted", number(books.deleted)),
        ("not deleted", number(books.delete_failures)),
        ("batches", number(books.batches)),
        ("seconds", format!("{:.1}", summary.elapsed.as_secs_f64())),
        ("messages/s", number(summary.messages_per_second().round() as u64)),
    ];
    let width = rows.iter().map(|row| row.1.len()).max().unwrap_or_default();
    rows.iter().map(|(name, value)| format!("  {name:<12} {value:>width$}")).collect()
}

fn reject_lines(title: &str, rejects: &BTreeMap<Reason, RejectTally>) -> Vec<String> {
    if rejects.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!("{title}:")];
    let width = rejects.values().map(|tally| number(tally.count).len()).max().unwrap_or_default();
    lines.extend(rejects.iter().map(|(reason, tally)| {
        format!("  {:<20} {:>width$}  for example {}", reason.code(), number(tally.count), tally.example)
    }));
    lines.push(String::new());
    lines
}

fn queue_line(queue: Option<Depth>) -> String {
    match queue {
        None => "queue: its attributes could not be read (sqs:GetQueueAttributes)".to_owned(),
        Some(depth) => format!(
            "queue: {} visible, {} in flight, {} delayed",
            number(depth.visible),
            number(depth.in_flight),
            number(depth.delayed)
        ),
    }
}

fn cost_line(summary: &Summary) -> String {
    let calls = summary.tally.calls;
    let all = calls.receive + calls.delete + calls.other;
    let dollars = all as f64 * DOLLARS_PER_MILLION_CALLS / 1e6;
    format!(
        "calls: {} receive ({} empty), {} delete, {} other, {} retried\ncost: about ${dollars:.4} at AWS's list price",
        number(calls.receive),
        number(summary.tally.books.empty_receives),
        number(calls.delete),
        number(calls.other),
        number(summary.tally.retries())
    )
}

#[cfg(test)]
pub mod samples {
    //! One summary with a bit of everything.

    use std::time::Duration;

    use super::*;
    use crate::queue::Calls;
    use crate::report::Tally;

    pub fn summary() -> Summary {
        let mut books = Books {
            received: 12_343,
            inserted: 12_330,
            duplicates: 10,
            deleted: 12_343,
            batches: 13,
            empty_receives: 2,
            ..Books::default()
        };
        let id = || "4d2f3a52-0f2b-4f0c-8f0a-7c1c0f7a9b10".to_owned();
        books.count_reject(Reason::NotJson, false, id);
        books.count_reject(Reason::NotJson, false, id);
        books.count_reject(Reason::MissingKey, false, id);
        Summary {
            tally: Tally {
                books,
                calls: Calls { receive: 1237, delete: 1235, other: 1, retries: 1 },
                store_retries: 0,
            },
            elapsed: Duration::from_secs(4),
            stopped_because: StopReason::Empty,
            queue: Some(Depth { visible: 0, in_flight: 0, delayed: 0 }),
            error: None,
            left: Left::default(),
            dry_run: false,
            table: Some("public.user_logins".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::summary;
    use super::*;

    #[test]
    fn the_verdict_tells_what_matters() {
        assert_eq!(
            verdict(&summary()),
            "drained: 12,330 stored in public.user_logins, 10 known already, 3 rejected, queue empty, nothing in flight"
        );
        let depth = Depth { visible: 0, in_flight: 37, delayed: 12 };
        let early = Summary { stopped_because: StopReason::MaxSeconds, queue: Some(depth), ..summary() };
        assert_eq!(
            verdict(&early),
            "stopped at --max-seconds, nothing lost: 12,330 stored in public.user_logins, 10 known already, 3 rejected; \
             on the queue: 37 in flight elsewhere, 12 delayed"
        );
    }

    #[test]
    fn the_whole_summary_reads_like_this() {
        let expected = "\
drained: 12,330 stored in public.user_logins, 10 known already, 3 rejected, queue empty, nothing in flight

  received     12,343
  inserted     12,330
  duplicates       10
  rejected          3
  refused           0
  kept              0
  released          0
  deleted      12,343
  not deleted       0
  batches          13
  seconds         4.0
  messages/s    3,086

rejected:
  not_json             2  for example 4d2f3a52-0f2b-4f0c-8f0a-7c1c0f7a9b10
  missing_key          1  for example 4d2f3a52-0f2b-4f0c-8f0a-7c1c0f7a9b10

queue: 0 visible, 0 in flight, 0 delayed
calls: 1,237 receive (2 empty), 1,235 delete, 1 other, 1 retried
cost: about $0.0010 at AWS's list price";
        assert_eq!(render(&summary()), expected);
    }
}
