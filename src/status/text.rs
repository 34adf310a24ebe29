//! The status as one line for people.

use std::time::Duration;

use super::{Health, QueueStatus, Status, name, percent};
use crate::printable::printable;
use crate::screen::{number, span};
use crate::store::{Day, FinishedRun};

/// Whoever sees the first words only knows whether all is well; queues that are not come first.
pub fn render(status: &Status) -> String {
    if status.queues.is_empty() {
        return "not healthy: no run is recorded: is this the queue, and the database that it is drained into?".to_owned();
    }
    let (well, unwell): (Vec<_>, Vec<_>) =
        status.queues.iter().partition(|queue| queue.health == Health::Fresh);
    let opening = match (well.len(), unwell.len()) {
        (1, 0) => "healthy".to_owned(),
        (0, 1) => "not healthy".to_owned(),
        (all, 0) => format!("healthy, {all} queues"),
        (_, sick) => format!("not healthy, {sick} of {} queues", status.queues.len()),
    };
    let stories = unwell.into_iter().chain(well).map(|queue| story(queue, status));
    format!("{opening}: {}", stories.collect::<Vec<_>>().join("; "))
}

fn story(queue: &QueueStatus, status: &Status) -> String {
    let label = label(&queue.history.queue, status);
    let (good, last) = (&queue.history.good, &queue.history.last);
    let later = last.as_ref().filter(|last| Some(*last) != good.as_ref());
    // The log of its machine tells more.
    let on = |run: &FinishedRun| {
        if run.host.is_empty() { String::new() } else { format!(" on {}", printable(&run.host)) }
    };
    let ended = |run: &FinishedRun| format!("ended {}{} with {}", ago(run), on(run), meaning(run));
    match (queue.health, good, later) {
        (Health::Fresh, Some(good), later) => {
            let later = later.map(|later| format!("; a later run {}", ended(later))).unwrap_or_default();
            format!("{label} drained {}, {}{later}", ago(good), moved(good, &queue.history.day_before))
        }
        (Health::Failing, Some(good), Some(later)) => {
            format!("{label}: the last run {}, the last good one {}", ended(later), ago(good))
        }
        (_, Some(good), Some(later)) => {
            format!("{}, the last run {}", too_old(&label, good, status), ended(later))
        }
        (_, Some(good), None) => {
            let stale = too_old(&label, good, status);
            format!("{stale}, and no run ended since: is it still scheduled, or still running?")
        }
        (_, None, Some(later)) => format!("{label}: no good run is recorded, the last run {}", ended(later)),
        (_, None, None) => format!("{label}: no good run is recorded"),
    }
}

fn too_old(label: &str, good: &FinishedRun, status: &Status) -> String {
    format!("{label} drained {}, which is more than {}", ago(good), exact(status.max_age))
}

/// The name alone, unless another queue has the same.
fn label(queue: &str, status: &Status) -> String {
    let same = status.queues.iter().filter(|other| name(&other.history.queue) == name(queue)).count();
    printable(if same > 1 { queue } else { name(queue) })
}

fn ago(run: &FinishedRun) -> String {
    format!("{} ago", span(Duration::from_secs(run.age_seconds)))
}

/// As somebody would write it for `--max-age`.
fn exact(time: Duration) -> String {
    let seconds = time.as_secs();
    let units = [(86_400, "d"), (3600, "h"), (60, "m")];
    let (unit, letter) =
        units.into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit)).unwrap_or((1, "s"));
    format!("{}{letter}", seconds / unit)
}

fn meaning(run: &FinishedRun) -> String {
    let words = match run.exit_code {
        0 => "all well",
        1 => "somebody must change something",
        3 => "some messages were rejected or not deleted",
        4 => "stopped early",
        75 => "a service was out of reach",
        _ => "unknown",
    };
    format!("{} ({words})", run.exit_code)
}

/// What a run moved, and how that compares with the day before it.
fn moved(run: &FinishedRun, day: &Day) -> String {
    let before =
        |value: Option<String>| value.map(|value| format!(" ({value} the day before)")).unwrap_or_default();
    let mut parts = vec![format!("{} stored", number(run.inserted))];
    if run.rejected > 0 {
        let share = |percent: Option<f64>| percent.map(|percent| format!("{percent} %"));
        let now = share(percent(run.rejected, run.received)).unwrap_or_default();
        let then = before(share(percent(day.rejected, day.received)));
        parts.push(format!("{} rejected, {now}{then}", number(run.rejected)));
    }
    if let Some(oldest) = run.oldest_message_seconds {
        let words = |seconds| span(Duration::from_secs(seconds));
        parts.push(format!(
            "oldest message {}{}",
            words(oldest),
            before(day.oldest_message_seconds.map(words))
        ));
    }
    parts.join(", ")
}
