//! What a run tells those who watch it from outside: one list of gauges, from which each format is made.

pub mod emf;
pub mod file;
pub mod prometheus;
pub mod push;

use std::time::Duration;

use clap::ValueEnum;
use time::OffsetDateTime;

use crate::queue::{Calls, Depth};
use crate::reject::Reason;
use crate::report::{Books, Tally};

/// How metrics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For the textfile collector of node_exporter
    Prometheus,
    /// One line in the Embedded Metric Format of CloudWatch
    Emf,
}

/// One run at its end, whatever the end was.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The name of the queue, never its URL.
    pub queue: String,
    pub ended_at: OffsetDateTime,
    pub elapsed: Duration,
    pub exit_code: u8,
    /// The run ended in good order: whatever it received is stored or back on the queue.
    pub succeeded: bool,
    pub last_success: Option<OffsetDateTime>,
    /// `None` where the run was ended from outside and nobody could count.
    pub tally: Option<Tally>,
    /// What the queue said of itself at the end; `None` where it was not asked.
    pub depth: Option<Depth>,
}

/// One metric with its samples, which differ in the label.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauge {
    /// Ends in its unit.
    pub name: &'static str,
    pub help: &'static str,
    pub samples: Vec<Sample>,
}

/// `label` is a name and a value besides the queue's.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    pub label: Option<(&'static str, &'static str)>,
    pub value: f64,
}

/// Everything there is to tell, in the order in which it is told.
pub fn gauges(run: &Run) -> Vec<Gauge> {
    let mut gauges = of_the_run(run);
    if let Some(tally) = &run.tally {
        gauges.extend(of_the_books(&tally.books));
        gauges.extend(of_the_calls(tally));
        gauges.push(one(
            "last_run_oldest_message_age_seconds",
            "Age that the oldest message of the last run had when the run began; 0 if there was none.",
            age_of_oldest(run, &tally.books),
        ));
    }
    gauges.extend(run.depth.into_iter().flat_map(of_the_queue));
    gauges
}

fn of_the_run(run: &Run) -> Vec<Gauge> {
    let mut gauges = vec![
        one("last_run_timestamp_seconds", "When the last run ended, in Unix time.", unix(run.ended_at)),
        one("last_run_duration_seconds", "How long the last run took.", run.elapsed.as_secs_f64()),
        one("last_run_exit_code", "Exit code of the last run.", f64::from(run.exit_code)),
        one(
            "last_run_success",
            "1 if the last run ended in good order (exit code 0, 3 or 4), 0 if it failed.",
            f64::from(u8::from(run.succeeded)),
        ),
    ];
    gauges.extend(run.last_success.map(|at| {
        one("last_success_timestamp_seconds", "When a run last ended in good order, in Unix time.", unix(at))
    }));
    gauges
}

fn of_the_books(books: &Books) -> Vec<Gauge> {
    let rejected = Reason::ALL
        .map(|reason| (("reason", reason.code()), books.rejects.get(&reason).map_or(0, |tally| tally.count)));
    vec![
        count("last_run_received_messages", "Messages received in the last run.", books.received),
        count("last_run_inserted_messages", "Messages stored in the last run.", books.inserted),
        count("last_run_duplicate_messages", "Messages received that were stored already.", books.duplicates),
        several("last_run_rejected_messages", "Messages received that could not become a login.", &rejected),
        count("last_run_released_messages", "Messages given back to the queue.", books.released),
        count("last_run_deleted_messages", "Messages deleted from the queue.", books.deleted),
        count("last_run_refused_messages", "Rejected messages that may be logins.", books.refused),
        count("last_run_kept_messages", "Rejected messages left on the queue.", books.kept),
        count(
            "last_run_delete_failed_messages",
            "Messages that could not be deleted.",
            books.delete_failures,
        ),
        count("last_run_batches", "Transactions committed in the last run.", books.batches),
        count("last_run_empty_receives", "Receive calls that brought nothing.", books.empty_receives),
    ]
}

fn of_the_calls(tally: &Tally) -> Vec<Gauge> {
    let Calls { receive, delete, other, .. } = tally.calls;
    let calls = [(("call", "receive"), receive), (("call", "delete"), delete), (("call", "other"), other)];
    vec![
        several("last_run_sqs_calls", "Calls to SQS in the last run, each try counted.", &calls),
        count("last_run_retries", "Calls and batches that were tried again.", tally.retries()),
    ]
}

fn of_the_queue(depth: Depth) -> Vec<Gauge> {
    vec![
        count("queue_visible_messages", "Messages waiting at the end of the last run.", depth.visible),
        count("queue_in_flight_messages", "Messages received by somebody, not yet deleted.", depth.in_flight),
        count("queue_delayed_messages", "Messages that the queue does not hand out yet.", depth.delayed),
    ]
}

fn age_of_oldest(run: &Run, books: &Books) -> f64 {
    let began_at = run.ended_at - run.elapsed;
    books.oldest_sent_at.map_or(0.0, |sent_at| (began_at - sent_at).as_seconds_f64().max(0.0))
}

fn one(name: &'static str, help: &'static str, value: f64) -> Gauge {
    Gauge { name, help, samples: vec![Sample { label: None, value }] }
}

fn count(name: &'static str, help: &'static str, value: u64) -> Gauge {
    one(name, help, value as f64)
}

type Labelled = ((&'static str, &'static str), u64);

fn several(name: &'static str, help: &'static str, values: &[Labelled]) -> Gauge {
    let sample = |(label, value): &Labelled| Sample { label: Some(*label), value: *value as f64 };
    Gauge { name, help, samples: values.iter().map(sample).collect() }
}

/// Unix time in seconds, exact to the millisecond.
fn unix(time: OffsetDateTime) -> f64 {
    (time.unix_timestamp_nanos() / 1_000_000) as f64 / 1000.0
}

impl Gauge {
    /// All samples together, for formats without labels.
    pub fn total(&self) -> f64 {
        self.samples.iter().map(|sample| sample.value).sum()
    }
}

#[cfg(test)]
pub mod samples {
    //! One run with a bit of everything.

    use std::collections::BTreeMap;

    use super::*;
    use crate::report::RejectTally;

    pub fn run() -> Run {
        let ended_at = OffsetDateTime::from_unix_timestamp(1_764_000_004).unwrap();
        let rejects = BTreeMap::from([(Reason::NotJson, RejectTally { count: 3, example: "m".into() })]);
        let books = Books {
            received: 12_343,
            inserted: 12_330,
            duplicates: 10,
            rejected: 3,
            deleted: 12_343,
            batches: 13,
            empty_receives: 2,
            rejects,
            oldest_sent_at: Some(ended_at - Duration::from_secs(94)),
            ..Books::default()
        };
        let calls = Calls { receive: 1237, delete: 1235, other: 1, retries: 1 };
        Run {
            queue: "login-queue".to_owned(),
            ended_at,
            elapsed: Duration::from_millis(4000),
            exit_code: 3,
            succeeded: true,
            last_success: Some(ended_at),
            tally: Some(Tally { books, calls, store_retries: 1 }),
            depth: Some(Depth { visible: 0, in_flight: 7, delayed: 2 }),
        }
    }
}
