//! The tests of TLS settings that need no server.

use super::*;

#[test]
fn modes_are_libpqs_and_the_system_store_wants_the_strictest() {
    let read = |text| Mode::read(&Settings::from_text(text).unwrap());
    for (text, expected) in [
        ("", Mode::Prefer),
        ("sslmode=disable", Mode::Disable),
        ("sslmode=allow", Mode::Allow),
        ("sslmode=require", Mode::Require),
        ("sslmode=verify-ca", Mode::VerifyCa),
        ("sslmode=verify-full", Mode::VerifyFull),
        ("sslrootcert=system", Mode::VerifyFull),
        ("sslrootcert=system sslmode=verify-full", Mode::VerifyFull),
    ] {
        assert_eq!(read(text), Ok(expected), "{text}");
    }
    for text in
        ["sslmode=", "sslmode=on", "sslrootcert=system sslmode=require", "sslrootcert=system sslmode=disable"]
    {
        assert!(read(text).is_err(), "{text}");
    }
}
