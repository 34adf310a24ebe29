//! The reading of a masking key from its file.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::exposure::unreadable;
use crate::cli::MaskArgs;
use crate::failure::Failure;
use crate::libpq::bounded_file::{self, BoundedFile};
use crate::mask::{MaskKey, Masker, looks_random};

const WRITABLE_BY_OTHERS: u32 = 0o002;

/// The way values are masked.
pub fn masker(
    args: &MaskArgs,
    environment: &Environment,
    warnings: &mut Vec<String>,
) -> Result<Masker, Failure> {
    let file = args.mask_key_file.clone().or_else(|| environment.get("MASK_KEY_FILE").map(PathBuf::from));
    file.map_or(Ok(Masker::Plain), |file| read(&file, warnings).map(Masker::Keyed))
}

/// The bytes of the file without the line feed at their end. Others may read it, because secrets are mounted into
/// containers so; whoever may write it could choose every mask.
fn read(file: &Path, warnings: &mut Vec<String>) -> Result<MaskKey, Failure> {
    let BoundedFile { bytes, metadata } =
        bounded_file::read(file).map_err(|error| unreadable(file, "--mask-key-file", &error))?;
    if metadata.permissions().mode() & WRITABLE_BY_OTHERS != 0 {
        return Err(Failure::lasting(format!(
            "every user of this machine may write the mask key in `{0}`: see that it is yours, and run `chmod o-w {0}`",
            file.display()
        )));
    }
    let secret = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    let key = MaskKey::new(secret).map_err(|weak| {
        Failure::lasting(format!(
            "the mask key in `{0}` is too weak: {weak}; make one with `openssl rand -hex 32 > {0}`",
            file.display()
        ))
    })?;
    if !looks_random(secret) {
        warnings.push(format!(
            "the mask key in `{}` does not look random, and whoever guesses it can reverse the masks: make one with \
             `openssl rand -hex 32`",
            file.display()
        ));
    }
    Ok(key)
}
