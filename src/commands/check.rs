//! `check`: look at everything that a drain needs, change nothing, and say what each thing wants.

mod aws;
mod database;
mod queue;
mod regions;

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::check::{Finding, Report, State, json, text};
use crate::cli::CheckArgs;
use crate::exit::Exit;
use crate::report::metrics::{file, push};
use crate::screen::print;
use crate::settings::{Check, Environment, Format};

/// What has not answered by then is told so.
const LONGEST: Duration = Duration::from_millis(4_500);

pub fn run(args: &CheckArgs, environment: &Environment) -> anyhow::Result<Exit> {
    let settings = Arc::new(Check::read(args, environment));
    let mut report = Report::default();
    report.findings.extend(settings.resolved.iter().map(|setting| {
        Finding::new(setting.name, State::Well, format!("{} ({})", setting.value, setting.source))
    }));
    report.findings.extend(settings.failures().map(|(about, failure)| Finding::of_failure(about, failure)));
    let warnings = settings.warnings.iter();
    report.findings.extend(warnings.map(|warning| Finding::new("settings", State::Warning, warning)));
    report.findings.extend(settings.places.iter().flat_map(|place| regions::of_place(&settings, place)));
    report.findings.extend(ask(&settings));
    report.findings.extend(settings.metrics_file.iter().filter(|path| path.as_os_str() != "-").map(|path| {
        match file::check(path) {
            Ok(()) => Finding::new("metrics", State::Well, format!("`{}` can be written", path.display())),
            Err(failure) => Finding::of_failure("metrics", &failure),
        }
    }));
    print(&match args.format {
        Format::Text => text::render(&report),
        Format::Json => json::render(&report),
    })?;
    Ok(Exit::of_check(report.count(State::Problem), report.count(State::OutOfReach)))
}

type Question = fn(&Check) -> Vec<Finding>;

/// All services at once, none for longer than a person would wait. A thread that is left behind ends with the program.
fn ask(settings: &Arc<Check>) -> Vec<Finding> {
    let questions: [(&'static str, Question); 4] = [
        ("credentials", aws::look),
        ("queue", queue::look),
        ("database", database::look),
        ("metrics", metrics_target),
    ];
    let until = Instant::now() + LONGEST;
    let asked = questions.map(|(about, question)| {
        let (settings, (told, hear)) = (Arc::clone(settings), mpsc::channel());
        thread::spawn(move || told.send(question(&settings)));
        (about, hear)
    });
    let heard = asked.into_iter().flat_map(|(about, hear)| {
        let left = until.saturating_duration_since(Instant::now());
        hear.recv_timeout(left).unwrap_or_else(|error| match error {
            RecvTimeoutError::Timeout => vec![mute(about)],
            RecvTimeoutError::Disconnected => Vec::new(),
        })
    });
    heard.collect()
}

fn metrics_target(settings: &Check) -> Vec<Finding> {
    let target = settings.push_to.as_ref().ok().and_then(Option::as_ref);
    let looked = target.map(|target| match push::reach(target) {
        Ok(()) => Finding::new("metrics", State::Well, "somebody answers where they are pushed to"),
        // A failed push changes nothing of a run.
        Err(failure) => Finding::new("metrics", State::Warning, failure.text)
            .cured_by("start what takes them, or correct --metrics-push-url"),
    });
    looked.into_iter().collect()
}

fn mute(about: &'static str) -> Finding {
    let text = format!("no answer in {} s", LONGEST.as_secs_f32());
    Finding::new(about, State::OutOfReach, text)
        .cured_by("see that a firewall lets this machine through, and that host and port are right")
}
