//! The metrics file: that it can be written before a run, and that nobody ever reads half of it.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The collector runs as another user.
const MODE: u32 = 0o644;

/// Fails where a later `write` would, as long as nothing changes until then.
pub fn check(file: &Path) -> Result<(), Failure> {
    let draft = draft_of(&place(file)?);
    create(&draft).and_then(|_| fs::remove_file(&draft)).map_err(|error| refusal(file, &error))
}

/// Replaces the file as a whole: a reader sees the old text or the new one.
pub fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let place = place(file)?;
    let draft = draft_of(&place);
    let written = write_draft(&draft, text).and_then(|()| fs::rename(&draft, &place));
    written.map_err(|error| {
        let _ = fs::remove_file(&draft);
        refusal(file, &error)
    })
}

/// Where the file is that may be replaced: not a link to it. Devices, pipes and links that lead to none are
/// refused, so that nothing is replaced that is more than a file.
fn place(file: &Path) -> Result<PathBuf, Failure> {
    let refused = |error: io::Error| refusal(file, &error);
    match fs::symlink_metadata(file) {
        // With a slash at its end the name is that of a directory.
        Err(error) if error.kind() == ErrorKind::NotFound && !names_directory(file) => Ok(file.to_owned()),
        Err(error) => Err(refused(error)),
        Ok(there) if there.is_file() => Ok(file.to_owned()),
        Ok(there) if there.is_symlink() && !is_of_a_process(file) => {
            let target = fs::canonicalize(file).map_err(refused)?;
            if target.is_file() { Ok(target) } else { Err(not_regular(file)) }
        }
        Ok(_) => Err(not_regular(file)),
    }
}

fn names_directory(file: &Path) -> bool {
    file.as_os_str().as_encoded_bytes().ends_with(b"/")
}

/// Such as `/dev/stdout`: what is behind it is open already, and belongs to somebody else.
fn is_of_a_process(link: &Path) -> bool {
    fs::read_link(link).is_ok_and(|target| target.starts_with("/proc"))
}

fn not_regular(file: &Path) -> Failure {
    refusal(file, &io::Error::new(ErrorKind::InvalidInput, "it is there and no regular file"))
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
         user may write to, or `-` for standard output",
        file.display()
    ))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

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
        symlink(&other, draft_of(&file)).unwrap();
        write(&file, "text\n").unwrap();
        assert!(file.exists() && !other.exists());
    }

    #[test]
    fn a_link_to_a_file_stays_and_the_file_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let (link, file) = (directory.path().join("a.prom"), directory.path().join("file"));
        fs::write(&file, "old").unwrap();
        symlink(&file, &link).unwrap();
        check(&link).unwrap();
        write(&link, "new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    }

    #[test]
    fn what_is_more_than_a_file_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let _socket = UnixListener::bind(at("socket")).unwrap();
        symlink("/dev/null", at("device")).unwrap();
        symlink("/proc/self/fd/1", at("stdout")).unwrap();
        symlink(at("absent"), at("dangling")).unwrap();
        for file in ["socket", "device", "stdout", "dangling"].map(at) {
            let before = fs::symlink_metadata(&file).unwrap().file_type();
            assert!(check(&file).is_err() && write(&file, "text").is_err(), "{file:?}");
            assert_eq!(fs::symlink_metadata(&file).unwrap().file_type(), before);
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 4, "no draft is left");
    }

    #[test]
    fn a_place_that_cannot_hold_the_file_is_refused_with_its_name() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for file in [directory.path().to_owned(), at("absent/a.prom"), at("absent/")] {
            let failure = check(&file).unwrap_err();
            assert!(failure.text.contains(&format!("`{}`", file.display())), "{failure}");
        }
    }
}
