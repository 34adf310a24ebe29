//! `init-db`: make the tables, or show the SQL that would.

use time::OffsetDateTime;

use super::connections;
use crate::cli::InitDbArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::mask::Masker;
use crate::postgres::schema::{self, Expected, Weight};
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
    let expected = Expected {
        today: OffsetDateTime::now_utc().date(),
        mask_width: Masker::Plain.width(),
        sealing: false,
    };
    let judged = settings.patience.keep_trying(|| schema::create(&mut session, expected))?;
    let findings: Vec<String> = judged.judgement.findings.iter().map(ToString::to_string).collect();
    if judged.judgement.worst() != Some(Weight::RefusesAll) {
        print(&format!(
            "tables {} are ready on {}, schema {}\n\
             next: `login-drain peek` to look into the queue, `login-drain drain` to drain it",
            schema::table_names().join(", "),
            session.place(),
            judged.tables.map(|tables| tables.schema).unwrap_or_default()
        ))?;
        findings.iter().for_each(|finding| standard_error::warning(finding));
        return Ok(if judged.judgement.fits() { Exit::Clean } else { Exit::Incomplete });
    }
    Err(Failure::lasting(format!(
        "the tables on {} do not fit, and login-drain alters none: {}",
        session.place(),
        findings.join("; ")
    ))
    .into())
}
