//! The reading of a masking key from its file.

use std::path::Path;

use super::exposure::is_readable_by_others;
use super::unreadable;
use crate::failure::Failure;
use crate::mask::MaskKey;

/// The bytes of the file without the line feed at their end. Secrets that are mounted into a container are
/// often readable by all, where nobody else is: that is a warning, not an error.
pub fn read(file: &Path, warn: &dyn Fn(&str)) -> Result<MaskKey, Failure> {
    let bytes = std::fs::read(file).map_err(|error| unreadable(file, "--mask-key-file", &error))?;
    if is_readable_by_others(file).map_err(|error| unreadable(file, "--mask-key-file", &error))? {
        warn(&format!(
            "every user of this machine may read the mask key in `{0}`: run `chmod 600 {0}`",
            file.display()
        ));
    }
    let secret = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    MaskKey::new(secret).map_err(|weak| {
        Failure::permanent(format!(
            "the mask key in `{0}` is too weak: {weak}; make one with `openssl rand -hex 32 > {0}`",
            file.display()
        ))
    })
}
