//! The password file: whether it may be trusted, and which of its lines fits a connection.

use std::os::unix::fs::PermissionsExt;

use super::password::Password;
use super::user_file::UserFile;

/// What a line must fit, in the order of its fields.
pub struct Wanted<'a> {
    pub host: &'a str,
    pub port: u16,
    pub database: &'a str,
    pub user: &'a str,
}

/// The file's text, or a warning why it is left unread. A file that is not there is nothing to speak of.
pub fn read(file: &UserFile) -> Result<Option<String>, String> {
    let ignored = |cause: &str| format!("the password file {file} is ignored: {cause}");
    let Some(read) = file.read().map_err(|e| ignored(&e.to_string()))? else { return Ok(None) };
    if read.metadata.permissions().mode() & 0o077 != 0 {
        return Err(ignored("others can read it; type `chmod 0600` and its name"));
    }
    Ok(Some(String::from_utf8_lossy(&read.bytes).into_owned()))
}

/// The password of the first line that fits, even when that password is empty.
pub fn find(text: &str, wanted: &Wanted<'_>) -> Option<Password> {
    let port = wanted.port.to_string();
    let values = [wanted.host, &port, wanted.database, wanted.user];
    text.lines().find_map(|line| match_line(line, &values)).map(Password::new)
}

fn match_line(line: &str, values: &[&str]) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let mut rest = line;
    for value in values {
        let (field, after) = split_field(rest)?;
        if field != "*" && unescape(field) != **value {
            return None;
        }
        rest = after;
    }
    Some(unescape(rest))
}

/// Cuts at the first colon that no backslash protects.
fn split_field(text: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    let end = text.find(|c| {
        let cut = c == ':' && !escaped;
        escaped = c == '\\' && !escaped;
        cut
    })?;
    let (field, rest) = text.split_at_checked(end)?;
    Some((field, rest.strip_prefix(':')?))
}

/// A backslash gives way to the character after it.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        plain.extend(if c == '\\' { rest.next() } else { Some(c) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<String> {
        let wanted = Wanted { host: "h", port: 5432, database: "d:b", user: "u\\v" };
        find(text, &wanted).map(|password| password.reveal().to_string())
    }

    #[test]
    fn the_first_line_that_fits_gives_the_password() {
        for (text, expected) in [
            ("h:5432:d\\:b:u\\\\v:secret", Some("secret")),
            ("*:*:*:*:any\nh:5432:d\\:b:u\\\\v:late", Some("any")),
            ("h:5433:*:*:no\nh:*:*:*:yes\r\n", Some("yes")),
            ("#h:*:*:*:no\n*:*:*:*:a\\:b\\\\c:d", Some("a:b\\c:d")),
            ("h:*:*:*:", Some("")),
            ("\\*:*:*:*:literal star", None),
            ("h*:*:*:*:no", None),
            ("h:*:*:no", None),
            ("h:5432:d:b:u:no", None),
            ("", None),
        ] {
            assert_eq!(found(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn only_a_private_file_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("passfile");
        let file = UserFile { path: path.clone(), named: true, settings: "passfile or PGPASSFILE".into() };
        assert_eq!(read(&file), Ok(None));
        std::fs::write(&path, "*:*:*:*:hunter2").unwrap();
        for (mode, readable) in [(0o600, true), (0o400, true), (0o640, false), (0o604, false)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(read(&file).is_ok(), readable, "{mode:o}");
        }
        assert!(read(&file).unwrap_err().contains("chmod 0600"));
    }
}
