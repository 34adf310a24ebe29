//! The proof that psql and this library give the same answers: the same settings, the same real servers, the
//! same accept or reject, and on accept the same session.

mod cases;
mod certificates;
mod cluster;
mod file;
mod homes;
mod odd_files;
mod stand_in;
mod texts;
mod world;

use cases::{CASES, Expected};
use world::{World, ask_ours};

#[test]
fn login_drain_and_psql_give_the_same_answers() {
    let world = World::start();
    let mut differences = Vec::new();
    for (number, case) in CASES.iter().enumerate() {
        let environment = world.environment(case.environment);
        let url = world.fill(case.url);
        let (psql, ours) = (world.ask_psql(&url, &environment), ask_ours(&url, &environment));
        let as_expected = match case.expected {
            Expected::Session(facts) => psql.as_deref() == Ok(facts) && ours.as_deref() == Ok(facts),
            Expected::Refused => psql.is_err() && ours.is_err(),
            Expected::Kinder(_) => psql.is_err() && ours.is_ok(),
            Expected::Stricter(_) => psql.is_ok() && ours.is_err(),
        };
        if !as_expected {
            differences.push(format!(
                "{number}: {url} {environment:?}\n  want {:?}\n  psql {psql:?}\n  ours {ours:?}",
                case.expected
            ));
        }
    }
    assert!(differences.is_empty(), "{} of {}\n{}", differences.len(), CASES.len(), differences.join("\n"));
}
