//! The reading of files that hold a secret, and the finding of one that others can read on the command line.

use std::io;
use std::path::Path;

use super::environment::Environment;
use crate::cli::DatabaseArgs;
use crate::failure::Failure;
use crate::libpq::{self, bounded_file};

/// What gives the database's password away.
pub fn typed_password_warning(args: &DatabaseArgs, environment: &Environment) -> Option<String> {
    let typed = args.database_url.as_deref().filter(|_| environment.stand_in("database-url").is_none());
    typed.filter(|url| libpq::holds_password(url)).map(|_| {
        "every user of this machine can read the password in --database-url while the program runs: \
         use DATABASE_URL_FILE, or a password file as psql reads it"
            .to_owned()
    })
}

/// The text of a file without the line feed at its end.
pub fn read_line(file: &Path, setting: &str) -> Result<String, Failure> {
    let bytes = bounded_file::read(file).map_err(|error| unreadable(file, setting, &error))?.bytes;
    let text = String::from_utf8(bytes).map_err(|_| {
        Failure::lasting(format!("the file `{}`, named by {setting}, holds no UTF-8 text", file.display()))
    })?;
    Ok(text
        .strip_suffix('\n')
        .map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line))
        .to_owned())
}

pub fn unreadable(file: &Path, setting: &str, error: &io::Error) -> Failure {
    Failure::lasting(format!("could not read `{}`, named by {setting}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warning_of(url: &str) -> Option<String> {
        let args = DatabaseArgs {
            database_url: Some(url.to_owned()),
            database_secret: None,
            database_auth: None,
            database_timeout: 30,
        };
        typed_password_warning(&args, &Environment::default())
    }

    #[test]
    fn a_password_on_the_command_line_is_warned_of_and_not_told() {
        for url in [
            "postgres://drain:hidden@db/logins",
            "postgres://db/logins?password=hidden",
            "host=db password=hidden",
        ] {
            let warning = warning_of(url).unwrap();
            assert!(warning.contains("DATABASE_URL_FILE") && !warning.contains("hidden"));
        }
        for url in ["postgres://drain@db/logins", "host=db", "postgres://drain:@db/logins", "no:url"] {
            assert_eq!(warning_of(url), None, "{url}");
        }
    }
}
