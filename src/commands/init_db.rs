//! `init-db`: make the tables, or show the SQL that would.

use super::open_session;
use crate::cli::InitDbArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::postgres::schema;
use crate::screen::print;
use crate::settings::AwsHints;

pub fn run(args: &InitDbArgs) -> anyhow::Result<Exit> {
    if args.print {
        print(schema::script().trim_end())?;
        return Ok(Exit::Clean);
    }
    let mut session = open_session(&args.database, AwsHints::default())?;
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
