//! The metrics of one run, from the check before it to the file after it, whatever the run's end is.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use time::OffsetDateTime;

use crate::exit::{self, Exit};
use crate::libpq::bounded_file;
use crate::queue::Depth;
use crate::report::metrics::{Format, Run, emf, file, prometheus, push};
use crate::report::{StopReason, Summary, Tally};
use crate::screen::{print, standard_error};
use crate::settings::Metrics;

/// Clones share the run. Without `--metrics-file` and `--metrics-push-url` it does nothing.
#[derive(Clone)]
pub struct MetricsRecord(Option<Arc<Recording>>);

struct Recording {
    outlet: Option<Outlet>,
    push_to: Option<push::Target>,
    format: Format,
    queue: String,
    started: Instant,
    noted: Mutex<(Option<Tally>, Option<Depth>)>,
    written: AtomicBool,
}

enum Outlet {
    StandardOutput,
    File(PathBuf),
}

impl MetricsRecord {
    /// Checks the place, so that no run is spent on a file that cannot be written; from here on every end
    /// of the program is recorded.
    pub fn open(settings: Option<Metrics>) -> anyhow::Result<MetricsRecord> {
        let Some(settings) = settings else { return Ok(MetricsRecord(None)) };
        let outlet = settings.file.map(|file| match file.as_os_str() == "-" {
            true => Outlet::StandardOutput,
            false => Outlet::File(file),
        });
        if let Some(Outlet::File(path)) = &outlet {
            file::check(path)?;
        }
        let recorder = MetricsRecord(Some(Arc::new(Recording {
            outlet,
            push_to: settings.push_to,
            format: settings.format,
            queue: settings.queue,
            started: Instant::now(),
            noted: Mutex::default(),
            written: AtomicBool::new(false),
        })));
        let at_a_sudden_end = recorder.clone();
        exit::before_now(move |exit| {
            if let Err(error) = at_a_sudden_end.write(exit) {
                standard_error::error(&format!("{error:#}"));
            }
        });
        Ok(recorder)
    }

    /// What the run counted and what the queue said, as soon as they are known. A run in whose place another is
    /// running leaves the record to that one.
    pub fn note(&self, summary: &Summary) {
        if summary.stopped_because == StopReason::AnotherRun {
            return self.leave_to_another();
        }
        // Held for no longer than a move, but a panic may end the program in between.
        if let Some(Ok(mut noted)) = self.0.as_ref().map(|recording| recording.noted.try_lock()) {
            *noted = (Some(summary.tally.clone()), summary.queue);
        }
    }

    /// Writes the metrics of a run that has ended. A run that went well and cannot tell so has failed;
    /// one that failed keeps its own failure.
    pub fn close(&self, outcome: anyhow::Result<Exit>) -> anyhow::Result<Exit> {
        let exit = outcome.as_ref().map_or_else(Exit::of, |exit| *exit);
        match (self.write(exit), &outcome) {
            (Err(error), Ok(_)) => Err(error),
            (Err(error), Err(_)) => {
                standard_error::error(&format!("{error:#}"));
                outcome
            }
            (Ok(()), _) => outcome,
        }
    }

    fn leave_to_another(&self) {
        if let Some(recording) = &self.0 {
            recording.written.store(true, Ordering::Relaxed);
        }
    }

    fn write(&self, exit: Exit) -> anyhow::Result<()> {
        match &self.0 {
            Some(recording) if !recording.written.swap(true, Ordering::Relaxed) => recording.write(exit),
            _ => Ok(()),
        }
    }
}

impl Recording {
    fn write(&self, exit: Exit) -> anyhow::Result<()> {
        let run = self.run(exit);
        self.push(&run, exit);
        let text = match self.format {
            Format::Prometheus => prometheus::render(&run),
            Format::Emf => emf::render(&run) + "\n",
        };
        match &self.outlet {
            None => Ok(()),
            Some(Outlet::StandardOutput) => print(text.trim_end()),
            Some(Outlet::File(path)) => Ok(file::write(path, &text)?),
        }
    }

    /// What a run did is not changed by metrics that nobody took. Whoever ends the program at once waits for nothing.
    fn push(&self, run: &Run, exit: Exit) {
        let is_at_once = exit == Exit::Early && run.tally.is_none();
        let target = self.push_to.as_ref().filter(|_| !is_at_once);
        if let Some(Err(failure)) = target.map(|target| push::push(target, &prometheus::render(run))) {
            standard_error::warning(&format!("{failure}; the run is not changed by it"));
        }
    }

    fn run(&self, exit: Exit) -> Run {
        let ended_at = OffsetDateTime::now_utc();
        let (tally, depth) = self.noted.try_lock().map(|noted| noted.clone()).unwrap_or_default();
        let succeeded = exit.is_in_good_order();
        Run {
            queue: self.queue.clone(),
            ended_at,
            elapsed: self.started.elapsed(),
            exit_code: exit as u8,
            succeeded,
            last_success: if succeeded { Some(ended_at) } else { self.earlier_success() },
            tally,
            depth,
        }
    }

    fn earlier_success(&self) -> Option<OffsetDateTime> {
        let Some(Outlet::File(path)) = &self.outlet else { return None };
        let text = String::from_utf8(bounded_file::read(path).ok()?.bytes).ok()?;
        prometheus::last_success(&text, &self.queue)
    }
}
