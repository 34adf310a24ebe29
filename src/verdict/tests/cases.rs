//! The table of bodies with the right answer, each judged with both kinds of mask.

use serde::Deserialize;

use super::*;
use crate::mask::{MaskKey, Personal};

const CASES: &str = include_str!("../../../tests/cases/bodies.jsonl");

#[derive(Deserialize)]
struct Case {
    name: String,
    body: String,
    expect: String,
    row: Option<Unmasked>,
    never: Vec<String>,
}

#[derive(Deserialize)]
struct Unmasked {
    user_id: String,
    device_type: String,
    ip: Option<String>,
    device_id: Option<String>,
    locale: Option<String>,
    app_version: i32,
}

fn maskers() -> [Masker; 2] {
    [Masker::Plain, Masker::Keyed(MaskKey::new(b"0123456789abcdef0123456789abcdef").ok().unwrap())]
}

/// The class of the verdict, and all that is shown of it.
fn outcome(verdict: &Verdict) -> (&'static str, String) {
    let shown = format!("{verdict:?}");
    match verdict {
        Verdict::Login(row) => ("stored", shown + &row.description()),
        Verdict::Reject(Reject { rejection, description }) => {
            let class = match rejection.reason.class() {
                Class::Rogue => "rogue",
                Class::Refused => "refused",
            };
            (class, format!("{shown}{rejection}{description}"))
        }
    }
}

fn assert_row(row: &LoginRow, expected: &Unmasked, masker: &Masker, name: &str) {
    assert_eq!(row.user_id, expected.user_id, "{name}");
    assert_eq!(row.device_type, expected.device_type, "{name}");
    assert_eq!(row.locale, expected.locale, "{name}");
    assert_eq!(row.app_version, expected.app_version, "{name}");
    assert_eq!(row.masked_ip, masker.mask(Personal::Ip, expected.ip.as_deref()), "{name}");
    assert_eq!(
        row.masked_device_id,
        masker.mask(Personal::DeviceId, expected.device_id.as_deref()),
        "{name}"
    );
}

#[test]
fn each_body_of_the_table_gets_its_answer_and_shows_nothing_that_may_not_be_readable() {
    let cases: Vec<Case> = CASES.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(cases.len() >= 48);
    for (case, masker) in cases.iter().flat_map(|case| maskers().map(|masker| (case, masker))) {
        let verdict = judge(&case.body, &masker, None);
        let (class, shown) = outcome(&verdict);
        assert_eq!(class, case.expect, "{}: {shown}", case.name);
        for value in &case.never {
            assert!(!shown.contains(value.as_str()), "{}: {shown}", case.name);
        }
        if let (Verdict::Login(row), Some(expected)) = (&verdict, &case.row) {
            assert_row(row, expected, &masker, &case.name);
        }
    }
}
