//! What a person is told of a run: warnings before it, its summary after it.

use super::opened_store::OpenedStore;
use crate::failure::Failure;
use crate::postgres::Login;
use crate::report::{StopReason, Summary, json, text};
use crate::screen::{print, standard_error};
use crate::settings::{Drain, Format, regions};

/// What the settings are warned of.
pub fn of_settings(settings: &Drain, login: &Login) -> Result<(), Failure> {
    let mut unknown = Vec::new();
    if let Some(only) = &settings.one_region {
        for host in regions::of_hosts(&login.target) {
            only.must_hold(&host)?;
            unknown.extend(host.region.is_none().then_some(host.what));
        }
    }
    if !settings.quiet {
        standard_error::warnings(&settings.warnings);
        for what in unknown {
            standard_error::warning(&format!("--one-region: nothing tells in which region {what} is"));
        }
        settings.queue.endpoint.remark.iter().for_each(|remark| standard_error::note(remark));
    }
    Ok(())
}

/// What the tables would refuse: before the run, or after it where only what went wrong is told.
pub fn of_tables(settings: &Drain, opened: &OpenedStore, refused: u64) {
    if !settings.quiet || refused > 0 {
        standard_error::warnings(&opened.will_refuse);
    }
}

/// The summary of a run that did not fail. One that left to another has said so.
pub fn of_success(summary: &Summary, settings: &Drain) -> anyhow::Result<()> {
    match (settings.format, summary.stopped_because) {
        _ if settings.quiet && summary.is_unremarkable() => Ok(()),
        (Format::Json, _) => print(&json::render(summary)),
        (Format::Text, StopReason::AnotherRun) => Ok(()),
        (Format::Text, _) => print(&text::render(summary)),
    }
}

/// What a run did before it failed; as JSON the whole summary tells it.
pub fn before_failure(summary: &Summary, settings: &Drain) {
    if summary.tally.books.received > 0 && settings.format == Format::Text {
        standard_error::note(&format!("before it failed: {}", text::progress(&summary.tally.books)));
    }
}
