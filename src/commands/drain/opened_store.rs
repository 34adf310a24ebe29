//! The store of a drain: connected, and its tables judged, before anything is received.

use time::OffsetDateTime;

use crate::failure::Failure;
use crate::postgres::schema::{self, Expected, Weight};
use crate::postgres::{Days, PostgresStore, RunFacts, Session};
use crate::settings::{CreateDate, Drain};

/// A store that can hold logins, and what its tables would refuse, one sentence each.
pub struct OpenedStore {
    pub store: PostgresStore,
    pub will_refuse: Vec<String>,
}

/// Fails where the tables would refuse every login.
pub fn open(settings: &Drain, mut session: Session) -> Result<OpenedStore, Failure> {
    let today = || OffsetDateTime::now_utc().date();
    let expected = || Expected {
        today: today(),
        mask_width: settings.run.masker.width(),
        sealing: settings.run.sealer.is_some(),
    };
    let judged = settings.run.store_patience.keep_trying(|| schema::judge(&mut session, expected()))?;
    let now = OffsetDateTime::now_utc();
    let of_weight = |weight| judged.judgement.of_weight(weight).map(ToString::to_string).collect::<Vec<_>>();
    let hopeless = of_weight(Weight::RefusesAll);
    let will_refuse = of_weight(Weight::RefusesSome);
    let tables = match judged.tables {
        Some(tables) if hopeless.is_empty() => tables,
        _ => return Err(Failure::lasting(hopeless.join("; "))),
    };
    let facts = RunFacts {
        days: Days { of_run: now.date(), by_sending: settings.create_date == CreateDate::Sent },
        fifo: settings.run.limits.fifo,
        table_routes_rows: settings.table_routes_rows,
        seal_days: settings.seal_days,
    };
    Ok(OpenedStore { store: PostgresStore::new(session, tables, facts), will_refuse })
}
