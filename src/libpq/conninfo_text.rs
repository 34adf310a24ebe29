//! The reading of `key=value` connection strings, by libpq's rules for blanks, quotes and backslashes.

use std::iter::Peekable;
use std::str::Chars;

use super::error::Error;

/// The pairs in the order they were written; a key may come twice.
pub fn parse(text: &str) -> Result<Vec<(String, String)>, Error> {
    let mut rest = text.chars().peekable();
    let mut pairs = Vec::new();
    loop {
        skip_blanks(&mut rest);
        if rest.peek().is_none() {
            return Ok(pairs);
        }
        let key = read_key(&mut rest)?;
        // Blanks after the sign belong to nobody, so `host= port=1` gives host the value `port=1`.
        skip_blanks(&mut rest);
        let value = read_value(&mut rest)?;
        pairs.push((key, value));
    }
}

fn read_key(rest: &mut Peekable<Chars<'_>>) -> Result<String, Error> {
    let mut key = String::new();
    while let Some(c) = rest.next_if(|c| *c != '=' && !is_blank(*c)) {
        key.push(c);
    }
    skip_blanks(rest);
    match rest.next() {
        Some('=') => Ok(key),
        _ => Err(broken(
            "a word stands there without `=`; quote values that hold blanks, as in key='two words'",
        )),
    }
}

fn read_value(rest: &mut Peekable<Chars<'_>>) -> Result<String, Error> {
    if rest.next_if_eq(&'\'').is_some() {
        return read_quoted(rest);
    }
    let mut value = String::new();
    while let Some(c) = rest.next_if(|c| !is_blank(*c)) {
        // A backslash takes the next character as it is; at the very end it stands for nothing.
        if c != '\\' {
            value.push(c);
        } else if let Some(escaped) = rest.next() {
            value.push(escaped);
        }
    }
    Ok(value)
}

fn read_quoted(rest: &mut Peekable<Chars<'_>>) -> Result<String, Error> {
    let mut value = String::new();
    loop {
        match rest.next() {
            None => return Err(broken("a quoted value is not closed; add the missing `'`")),
            Some('\'') => return Ok(value),
            Some('\\') => value.extend(rest.next()),
            Some(c) => value.push(c),
        }
    }
}

fn skip_blanks(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(|c| is_blank(*c)).is_some() {}
}

/// What C calls a space; vertical tab included, which Rust leaves out.
fn is_blank(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\x0b'
}

fn broken(cause: &str) -> Error {
    Error::lasting(format!("could not read the connection string: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_cut_as_libpq_cuts_them() {
        for (text, expected) in [
            ("", &[][..]),
            ("host=a", &[("host", "a")][..]),
            ("  host = a\tport\n=\n5432 ", &[("host", "a"), ("port", "5432")]),
            ("password='it\\'s two'user=u", &[("password", "it's two"), ("user", "u")]),
            ("password=a\\ b\\\\c\\'d", &[("password", "a b\\c'd")]),
            ("password=''", &[("password", "")]),
            ("password=", &[("password", "")]),
            ("password=a\\", &[("password", "a")]),
            ("host= port=1", &[("host", "port=1")]),
            ("host=a host=b", &[("host", "a"), ("host", "b")]),
            ("options='-c x=1'", &[("options", "-c x=1")]),
        ] {
            let expected: Vec<_> = expected.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn broken_strings_are_refused_without_repeating_them() {
        for text in ["hunter2", "password=a hunter2", "password='hunter2", "password='a' hunter2 x=y"] {
            let failure = parse(text).unwrap_err();
            assert!(!failure.text.contains("hunter2"), "{}", failure.text);
        }
    }
}
