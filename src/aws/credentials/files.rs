//! Whether files that the provider library reads by itself may be read at all: it waits for ever at a pipe, and
//! reads a device until memory ends.

use std::fs;
use std::path::Path;

use super::failed_search::Refusal;

/// Profiles and tokens take some kilobytes.
const LARGEST: u64 = 1024 * 1024;

/// Of a token that somebody named, with the setting that names it; it has to be there.
pub fn fault_of_token(file: &Path, setting: &str) -> Option<Refusal> {
    let missing = || fs::metadata(file).err().map(|cause| Refusal::unusable(file, &cause.to_string()));
    let refusal = fault([file]).or_else(missing)?;
    Some(Refusal { cause: format!("{} (named by {setting})", refusal.cause), ..refusal })
}

/// Of the first that is no regular file, or too large. One that is not there is left to the library.
pub fn fault<'a>(files: impl IntoIterator<Item = &'a Path>) -> Option<Refusal> {
    files.into_iter().find_map(|file| {
        let metadata = fs::metadata(file).ok()?;
        // Named by somebody who wants none.
        let is_null = fs::canonicalize(file).is_ok_and(|place| place == Path::new("/dev/null"));
        let cause = match (metadata.is_file(), metadata.len() > LARGEST) {
            (false, _) if is_null => return None,
            (false, _) => "it is not a regular file",
            (true, true) => "it is larger than 1 MiB",
            (true, false) => return None,
        };
        Some(Refusal::unusable(file, cause))
    })
}
