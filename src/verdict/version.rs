//! The rule that turns an app version into an integer: the dots go, the digits stay.

use crate::reject::{Reason, Rejection};

/// "2.3.0" is 230, "0.26" is 26, "2.00" is 200. Digits separated by single dots, up to 2147483647.
pub fn parse(version: &str) -> Result<i32, Rejection> {
    version
        .split('.')
        .try_fold(0_i32, append_digits)
        .map_err(|fault| Rejection::new(Reason::BadVersion, format!("app_version {fault}")))
}

fn append_digits(so_far: i32, part: &str) -> Result<i32, &'static str> {
    if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("is not digits separated by single dots");
    }
    part.bytes()
        .try_fold(so_far, |sum, digit| sum.checked_mul(10)?.checked_add(i32::from(digit - b'0')))
        .ok_or("is larger than an integer column holds")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dots_go_and_digits_stay() {
        let table = [
            ("2.3.0", 230),
            ("0.26", 26),
            ("2.21", 221),
            ("2.00", 200),
            ("0", 0),
            ("007", 7),
            ("2147483647", i32::MAX),
            ("2.147.483.647", i32::MAX),
            ("0.0.0.0.0.0.0.0.0.0.0.0.1", 1),
        ];
        for (version, number) in table {
            assert_eq!(parse(version).ok(), Some(number), "{version}");
        }
    }

    #[test]
    fn anything_else_is_a_reject_that_does_not_quote_it() {
        for version in [
            "",
            ".",
            "1.",
            ".1",
            "1..2",
            "2.x",
            "v2",
            " 2",
            "2 ",
            "-1",
            "+1",
            "1e3",
            "٢",
            "2147483648",
            "99999999999999999999",
        ] {
            let rejection = parse(version).unwrap_err();
            assert_eq!(rejection.reason, Reason::BadVersion, "{version}");
            assert!(rejection.detail.starts_with("app_version is "), "{version}");
        }
    }

    proptest! {
        #[test]
        fn a_version_is_its_digits_read_as_one_number(parts in prop::collection::vec("[0-9]{1,2}", 1..4)) {
            prop_assert_eq!(parse(&parts.join(".")).ok(), parts.concat().parse::<i32>().ok());
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = parse(&text);
        }
    }
}
