//! `init-db`: make the tables, or show the SQL that would.

use super::connections;
use crate::cli::InitDbArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::postgres::schema;
use crate::screen::{print, standard_error};
use crate::settings::{Environment, InitDb};

pub fn run(args: &InitDbArgs, environment: &Environment) -> anyhow::Result<Exit> {
    if args.print {
        print(schema::script().trim_end())?;
        return Ok(Exit::Clean);
    }
    let settings = InitDb::read(args, environment)?;
    let login = connections::login(&settings.database)?;
    standard_error::warnings(&settings.warnings);
    let mut session = connections::session(&settings.database, login);
    let findings = schema::create(&mut session)?;
    if findings.is_empty() {
        print(&format!(
            "tables user_logins, login_drain_ledger and login_drain_rejects are ready on {}\n\
             next: `login-drain peek` to look into the queue, `login-drain drain` to drain it",
            session.place()
        ))?;
        return Ok(Exit::Clean);
    }
    let texts: Vec<&str> = findings.iter().map(|finding| finding.text.as_str()).collect();
    Err(Failure::permanent(format!(
        "the tables on {} do not fit, and login-drain alters none: {}",
        session.place(),
        texts.join("; ")
    ))
    .into())
}
