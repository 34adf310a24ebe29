//! The finding of secrets that other users of the machine can read: in files and on the command line.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::environment::Environment;
use crate::cli::DatabaseArgs;
use crate::failure::Failure;
use crate::libpq;

const READABLE_BY_OTHERS: u32 = 0o004;

pub fn is_readable_by_others(file: &Path) -> io::Result<bool> {
    Ok(std::fs::metadata(file)?.permissions().mode() & READABLE_BY_OTHERS != 0)
}

/// One sentence for each way in which others may learn the database's password.
pub fn database_warnings(args: &DatabaseArgs, environment: &Environment) -> Vec<String> {
    let typed = args.database_url.as_deref().filter(|_| environment.stand_in("database-url").is_none());
    let typed = typed.filter(|url| libpq::holds_password(url)).map(|_| {
        "every user of this machine can read the password in --database-url while the program runs: \
         use DATABASE_URL_FILE, or a password file as psql reads it"
            .to_owned()
    });
    // Read only where the command line does not win over it.
    let file = environment.get("DATABASE_URL_FILE").filter(|_| args.database_url.is_none());
    typed.into_iter().chain(file.and_then(|file| warning_of_file(Path::new(&file)))).collect()
}

/// The text of a file without the line feed at its end.
pub fn read_line(file: &Path, setting: &str) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(file, setting, &error))?;
    Ok(text
        .strip_suffix('\n')
        .map_or(text.as_str(), |line| line.strip_suffix('\r').unwrap_or(line))
        .to_owned())
}

pub fn unreadable(file: &Path, setting: &str, error: &io::Error) -> Failure {
    Failure::lasting(format!("could not read `{}`, named by {setting}: {error}", file.display()))
}

fn warning_of_file(file: &Path) -> Option<String> {
    is_readable_by_others(file).ok().filter(|readable| *readable).map(|_| {
        format!(
            "every user of this machine may read the database URL in `{0}`: run `chmod 600 {0}`",
            file.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings_of(url: &str) -> Vec<String> {
        let args = DatabaseArgs {
            database_url: Some(url.to_owned()),
            database_secret: None,
            database_auth: None,
            database_timeout: 30,
        };
        database_warnings(&args, &Environment::from_iter([]))
    }

    #[test]
    fn a_password_on_the_command_line_is_warned_of_and_not_told() {
        for url in [
            "postgres://drain:hidden@db/logins",
            "postgres://db/logins?password=hidden",
            "host=db password=hidden",
        ] {
            let warnings = warnings_of(url);
            assert_eq!(warnings.len(), 1, "{url}");
            assert!(warnings[0].contains("DATABASE_URL_FILE") && !warnings[0].contains("hidden"));
        }
        for url in ["postgres://drain@db/logins", "host=db", "postgres://drain:@db/logins", "no:url"] {
            assert_eq!(warnings_of(url), [""; 0], "{url}");
        }
    }

    #[test]
    fn a_file_that_everyone_may_read_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("url");
        std::fs::write(&file, "postgres://drain:hidden@db/logins\n").unwrap();
        for (mode, warned) in [(0o644, true), (0o604, true), (0o640, false), (0o400, false)] {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
            let warning = warning_of_file(&file);
            assert_eq!(warning.is_some(), warned, "{mode:o}");
            assert!(!warning.unwrap_or_default().contains("hidden"));
        }
    }
}
