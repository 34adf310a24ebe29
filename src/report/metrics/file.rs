//! The metrics file: that it can be written before a run, and that nobody ever reads half of it.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The collector runs as another user.
const MODE: u32 = 0o644;

/// Fails where a later `write` would, as long as nothing changes until then.
pub fn check(file: &Path) -> Result<(), Failure> {
    if file.is_dir() {
        return Err(refusal(file, &io::ErrorKind::IsADirectory.into()));
    }
    let draft = draft_of(file);
    create(&draft).and_then(|_| fs::remove_file(&draft)).map_err(|error| refusal(file, &error))
}

/// Replaces the file as a whole: a reader sees the old text or the new one.
pub fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let draft = draft_of(file);
    let written = write_draft(&draft, text).and_then(|()| fs::rename(&draft, file));
    written.map_err(|error| {
        let _ = fs::remove_file(&draft);
        refusal(file, &error)
    })
}

fn write_draft(draft: &Path, text: &str) -> io::Result<()> {
    let mut open = create(draft)?;
    open.write_all(text.as_bytes())?;
    open.set_permissions(Permissions::from_mode(MODE))?;
    open.sync_all()
}

/// Removed first and never followed: a link that somebody put there leads nowhere.
fn create(draft: &Path) -> io::Result<File> {
    let _ = fs::remove_file(draft);
    OpenOptions::new().write(true).create_new(true).open(draft)
}

/// In the same directory, because a file is not renamed across file systems; hidden and without the
/// ending `.prom`, because the collector reads every file that has it.
fn draft_of(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.{}.draft", std::process::id()))
}

fn refusal(file: &Path, error: &io::Error) -> Failure {
    Failure::lasting(format!(
        "could not write the metrics file `{}`: {error}; --metrics-file needs a file in a directory that this \
         user may write to",
        file.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_for_everyone_to_read() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("login_drain.prom");
        check(&file).unwrap();
        assert!(!file.exists(), "a check leaves nothing behind");
        for text in ["a long first text\n", "short\n"] {
            write(&file, text).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, MODE);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_link_in_place_of_the_draft_is_not_followed() {
        let directory = tempfile::tempdir().unwrap();
        let (file, other) = (directory.path().join("a.prom"), directory.path().join("other"));
        std::os::unix::fs::symlink(&other, draft_of(&file)).unwrap();
        write(&file, "text\n").unwrap();
        assert!(file.exists() && !other.exists());
    }

    #[test]
    fn a_place_that_cannot_hold_the_file_is_refused_with_its_name() {
        let directory = tempfile::tempdir().unwrap();
        for file in [directory.path().to_owned(), directory.path().join("absent/a.prom")] {
            let failure = check(&file).unwrap_err();
            assert!(failure.text.contains(&format!("`{}`", file.display())), "{failure}");
        }
    }
}
