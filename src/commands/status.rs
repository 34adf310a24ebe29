//! `status`: ask the table of runs whether the last drains worked.

use super::connections;
use crate::cli::StatusArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::postgres;
use crate::screen::{print, standard_error};
use crate::settings::{self, Environment, Format};
use crate::status::{Status, json, text};

pub fn run(args: &StatusArgs, environment: &Environment) -> anyhow::Result<Exit> {
    match ask(args, environment) {
        Ok(status) => {
            print(&match args.format {
                Format::Text => text::render(&status),
                Format::Json => json::render(&status),
            })?;
            Ok(if status.is_healthy() { Exit::Clean } else { Exit::Failed })
        }
        Err(failure) => {
            if args.format == Format::Json {
                print(&json::unknown(&failure.text))?;
            }
            Err(failure.into())
        }
    }
}

fn ask(args: &StatusArgs, environment: &Environment) -> Result<Status, Failure> {
    let settings = settings::Status::read(args, environment)?;
    let login = connections::login(&settings.database)?;
    standard_error::warnings(&settings.warnings);
    let mut session = connections::session(&settings.database, login);
    let histories = settings.patience.keep_trying(|| postgres::histories(&mut session))?;
    Ok(Status::judge(histories, &settings.asked, settings.max_age))
}
