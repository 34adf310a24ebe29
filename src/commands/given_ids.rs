//! The ids that somebody writes on standard input, where no process list and no shell's history can show them.

use std::collections::HashSet;
use std::io::{self, BufRead};

use crate::failure::Failure;

/// `instead` is another way to give them, as in ": name one with --user-id".
pub fn read(instead: &str) -> Result<Vec<String>, Failure> {
    read_from(io::stdin().lock(), instead)
}

/// One id a line, exactly as it stands there; empty lines and repeats are none.
fn read_from(lines: impl BufRead, instead: &str) -> Result<Vec<String>, Failure> {
    let (mut ids, mut seen) = (Vec::new(), HashSet::new());
    for line in lines.lines() {
        let line = line.map_err(|error| {
            Failure::lasting(format!(
                "could not read the ids on standard input, which must be UTF-8: {error}"
            ))
        })?;
        if line.contains('\0') {
            return Err(Failure::lasting(format!(
                "id {} holds a NUL character, which no stored id does: take it out",
                ids.len() + 1
            )));
        }
        if !line.is_empty() && seen.insert(line.clone()) {
            ids.push(line);
        }
    }
    match ids.is_empty() {
        true => Err(Failure::lasting(format!(
            "no id is given: {instead}write them on standard input, one a line"
        ))),
        false => Ok(ids),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_taken_as_they_stand_and_each_once() {
        let ids = read_from(&b"anna\n\n boris \nanna\nclara"[..], "").unwrap();
        assert_eq!(ids, ["anna", " boris ", "clara"]);
        for (nothing, told) in [(&b"\n\n"[..], "no id is given"), (b"an\0na", "id 1 holds a NUL")] {
            assert!(read_from(nothing, "").unwrap_err().to_string().starts_with(told), "{told}");
        }
    }
}
