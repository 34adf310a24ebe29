//! The reading of files that people name: regular ones, and none larger than such a file can rightly be.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Certificates, keys and settings take some kilobytes.
const LARGEST: u64 = 1024 * 1024;

/// What was read, and what the system says of that very file.
pub struct BoundedFile {
    pub bytes: Vec<u8>,
    pub metadata: Metadata,
}

/// A link to a regular file is as good. Errors are the system's own; `InvalidInput` says that the file is not
/// regular, `FileTooLarge` that it holds more than 1 MiB.
pub fn read(path: &Path) -> io::Result<BoundedFile> {
    // Looked at before it is opened: to open a FIFO is to wait until somebody writes.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let mut bytes = Vec::new();
    if file.take(LARGEST + 1).read_to_end(&mut bytes)? as u64 > LARGEST {
        return Err(io::Error::new(ErrorKind::FileTooLarge, "it is larger than 1 MiB"));
    }
    Ok(BoundedFile { bytes, metadata })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    use super::*;

    #[test]
    fn only_regular_files_are_opened() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
        let _socket = UnixListener::bind(at("socket")).unwrap();
        symlink("/dev/zero", at("device")).unwrap();
        for path in [at("fifo"), at("socket"), at("device"), directory.path().into()] {
            let error = read(&path).err().unwrap();
            assert_eq!(error.to_string(), "it is not a regular file", "{path:?}");
        }
        assert_eq!(read(&at("missing")).err().unwrap().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_file_and_a_link_to_it_are_read_whole_up_to_one_mebibyte() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        symlink(&file, &link).unwrap();
        for (size, whole) in [(0, true), (1 << 20, true), ((1 << 20) + 1, false)] {
            fs::write(&file, vec![b'x'; size]).unwrap();
            for path in [&file, &link] {
                assert_eq!(read(path).is_ok_and(|read| read.bytes.len() == size), whole, "{size}");
            }
        }
    }
}
