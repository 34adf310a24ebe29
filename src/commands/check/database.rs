//! The database of a check: that it answers and can be written to, what its tables and its log would do.

use time::{Date, Month, OffsetDateTime};

use super::regions;
use crate::check::{Finding, State};
use crate::commands::connections;
use crate::failure::Failure;
use crate::mask::Masker;
use crate::postgres::schema::{self, Expected, Weight};
use crate::postgres::server_facts::{self, Ledger, ServerFacts};
use crate::screen::number;
use crate::settings::regions::of_hosts;
use crate::settings::{Check, Login};

/// The drain prunes what is older than 15 days.
const OLD_LEDGER_DAYS: u64 = 17;

pub fn look(settings: &Check) -> Vec<Finding> {
    let Ok(database) = &settings.database else { return Vec::new() };
    let mask_width = settings.masker.as_ref().map_or(Masker::Plain.width(), Masker::width);
    let mut findings = Vec::new();
    let asked = connections::login(database).and_then(|login| {
        // Only the secret tells them.
        if let Login::Secret(_) = &database.login {
            findings.extend(of_hosts(&login.target).filter_map(|host| regions::of_place(settings, &host)));
        }
        let mut session = connections::session(database, login);
        let expected =
            Expected { today: OffsetDateTime::now_utc().date(), mask_width, sealing: settings.seals };
        let judged = schema::judge(&mut session, expected)?;
        let facts =
            server_facts::ask(&mut session, judged.tables.as_ref().map(|tables| tables.schema.as_str()))?;
        findings.extend(of_server(&facts, expected.today));
        findings.extend(judged.judgement.findings.into_iter().map(of_table));
        if judged.tables.is_some() && findings.iter().all(|finding| finding.about != "tables") {
            findings.push(Finding::new("tables", State::Well, "all are there, and fit"));
        }
        findings.extend(facts.ledger.as_ref().map(of_ledger));
        findings.extend(of_log(&facts));
        Ok::<(), Failure>(())
    });
    findings.extend(asked.err().map(|failure| Finding::of_failure("database", &failure)));
    findings
}

fn of_server(facts: &ServerFacts, today: Date) -> Vec<Finding> {
    let text = format!("PostgreSQL {}, as {}", facts.version, facts.role);
    let mut findings = vec![Finding::new("database", State::Well, text)];
    if facts.is_standby {
        findings.push(
            Finding::new("database", State::Problem, "it is a standby, which stores nothing")
                .cured_by("name the primary, or several hosts with target_session_attrs=read-write"),
        );
    } else if facts.is_read_only {
        findings.push(
            Finding::new("database", State::Problem, "sessions of this user are read-only there")
                .cured_by("unset default_transaction_read_only for this user and database"),
        );
    }
    if !is_maintained(facts.version_number / 10_000, today) {
        findings.push(
            Finding::new("database", State::Warning, "this version gets no repairs any more")
                .cured_by("upgrade the server; a drain works meanwhile"),
        );
    }
    if facts.is_superuser {
        findings.push(
            Finding::new(
                "database",
                State::Note,
                "this user is a superuser, who may do far more than a drain needs",
            )
            .cured_by("drain as login_drain, which sql/operator/grants.sql makes"),
        );
    }
    findings
}

/// A major version gets its last repairs in the November of the fifth year after its first; 15 came in 2022.
fn is_maintained(major: i32, today: Date) -> bool {
    let last_year = 2012 + major;
    today.year() < last_year || (today.year() == last_year && today.month() <= Month::November)
}

fn of_table(finding: schema::Finding) -> Finding {
    let state = match finding.weight {
        Weight::Note => State::Note,
        Weight::RefusesSome => State::Warning,
        Weight::RefusesAll => State::Problem,
    };
    Finding { about: "tables", state, text: finding.text, cure: finding.cure }
}

fn of_ledger(ledger: &Ledger) -> Finding {
    let size = match ledger.bytes / (1024 * 1024) {
        0 => "less than 1 MiB".to_owned(),
        whole => format!("{} MiB", number(whole)),
    };
    let rows = ledger.rows.map(|rows| format!("about {} entries, ", number(rows))).unwrap_or_default();
    match ledger.days {
        Some(days) if days > OLD_LEDGER_DAYS => {
            let text = format!("{rows}{size}, the oldest of {days} days ago: nobody prunes it");
            Finding::new("ledger", State::Warning, text).cured_by(
                "let this user DELETE from login_drain_ledger, or run sql/operator/prune.sql each day",
            )
        }
        Some(days) => {
            Finding::new("ledger", State::Well, format!("{rows}{size}, the oldest of {days} days ago"))
        }
        None => Finding::new("ledger", State::Well, format!("{rows}{size}")),
    }
}

fn of_log(facts: &ServerFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !facts.logged_by.is_empty() {
        let text = format!(
            "the server writes statements with their user ids and masks into its own log ({})",
            facts.logged_by.join(", ")
        );
        let cure =
            format!("as a superuser: ALTER ROLE {} SET log_parameter_max_length = 0", facts.quoted_role());
        findings.push(Finding::new("log", State::Warning, text).cured_by(cure));
    }
    if facts.logs_failing_parameters {
        let text = "the server writes the values of a statement that fails into its own log (log_parameter_max_length_on_error)";
        let cure = format!("ALTER ROLE {} SET log_parameter_max_length_on_error = 0", facts.quoted_role());
        findings.push(Finding::new("log", State::Warning, text).cured_by(cure));
    }
    if findings.is_empty() {
        findings.push(Finding::new("log", State::Well, "the server keeps values out of its own log"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_maintained_until_the_november_of_its_fifth_year() {
        let day = |year, month| Date::from_calendar_date(year, month, 30).unwrap();
        for (major, today, maintained) in [
            (9, day(2026, Month::January), false),
            (12, day(2024, Month::November), true),
            (12, day(2024, Month::December), false),
            (15, day(2026, Month::December), true),
            (18, day(2031, Month::January), false),
        ] {
            assert_eq!(is_maintained(major, today), maintained, "{major} {today}");
        }
    }
}
