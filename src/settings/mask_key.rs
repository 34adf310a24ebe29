//! The reading of a masking key from its file.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::exposure::{is_readable_by_others, unreadable};
use crate::cli::MaskArgs;
use crate::failure::Failure;
use crate::mask::{MaskKey, Masker};

/// The way values are masked.
pub fn masker(
    args: &MaskArgs,
    environment: &Environment,
    warnings: &mut Vec<String>,
) -> Result<Masker, Failure> {
    let file = args.mask_key_file.clone().or_else(|| environment.get("MASK_KEY_FILE").map(PathBuf::from));
    file.map_or(Ok(Masker::Plain), |file| read(&file, warnings).map(Masker::Keyed))
}

/// The bytes of the file without the line feed at their end. Secrets that are mounted into a container are
/// often readable by all, where nobody else is: that is a warning, not an error.
fn read(file: &Path, warnings: &mut Vec<String>) -> Result<MaskKey, Failure> {
    let bytes = std::fs::read(file).map_err(|error| unreadable(file, "--mask-key-file", &error))?;
    if is_readable_by_others(file).map_err(|error| unreadable(file, "--mask-key-file", &error))? {
        warnings.push(format!(
            "every user of this machine may read the mask key in `{0}`: run `chmod 600 {0}`",
            file.display()
        ));
    }
    let secret = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    MaskKey::new(secret).map_err(|weak| {
        Failure::lasting(format!(
            "the mask key in `{0}` is too weak: {weak}; make one with `openssl rand -hex 32 > {0}`",
            file.display()
        ))
    })
}
