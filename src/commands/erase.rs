//! `erase`: everything that is held of some users, gone, and what is left of it counted.

mod told;

use std::time::Instant;

use time::OffsetDateTime;

use super::connections;
use super::given_ids;
use super::listening::{self, Words};
use crate::cli::EraseArgs;
use crate::exit::Exit;
use crate::postgres::erase::{Eraser, Erasure};
use crate::screen::{print, standard_error};
use crate::settings::{Environment, Erase, Format};
use told::Told;

pub fn run(args: &EraseArgs, environment: &Environment) -> anyhow::Result<Exit> {
    let stop = listening::to_end_in_good_order(&Words {
        finish: "stopping after the open transaction (a second signal stops at once)",
        end_now: Some("stopped at once; what is erased stays erased, and running it again does the rest"),
    })?;
    let settings = Erase::read(args, environment, &stop)?;
    standard_error::warnings(&settings.warnings);
    let user_ids = match &settings.user_id {
        Some(user_id) => vec![user_id.clone()],
        None => given_ids::read("name one with --user-id, or ")?,
    };
    let started = Instant::now();
    let login = connections::login(&settings.database)?;
    let session = || connections::session(&settings.database, login.clone());
    let mut eraser = settings.patience.keep_trying(|| Eraser::new(session()))?;
    stop.in_the_middle();
    standard_error::warnings(&eraser.warnings);
    let mut erasure = Erasure::default();
    let should_stop = || stop.is_set();
    let done = match settings.dry_run {
        true => eraser.count(&user_ids, &should_stop, &mut erasure),
        false => eraser.erase(&user_ids, &should_stop, &mut erasure),
    };
    let exit = match &done {
        Err(failure) => failure.kind.into(),
        Ok(()) if erasure.stopped => Exit::Early,
        Ok(()) if erasure.left() > 0 && !settings.dry_run => Exit::Incomplete,
        Ok(()) => Exit::Clean,
    };
    let told = Told {
        erasure: &erasure,
        users: user_ids.len(),
        place: eraser.place(),
        dry_run: settings.dry_run,
        failure: done.as_ref().err(),
        ended_at: OffsetDateTime::now_utc(),
        elapsed: started.elapsed(),
    };
    match settings.format {
        Format::Json => print(&told.json()?)?,
        Format::Text if done.is_ok() || erasure.erased() > 0 => print(&told.text()?)?,
        Format::Text => {}
    }
    done.map(|()| exit).map_err(Into::into)
}
