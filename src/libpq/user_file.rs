//! The files that settings name, or that lie at their usual place in the home directory.

use std::fmt;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use super::bounded_file::{self, BoundedFile};
use super::keywords;
use super::settings::Settings;
use super::source::Source;

/// Shows itself as its path and the settings that name it.
pub struct UserFile {
    pub path: PathBuf,
    /// Whether a setting names it, or it only lies where libpq looks by itself.
    pub named: bool,
    pub settings: String,
}

impl UserFile {
    /// The file that the setting `key` names, or else `usual` in the home directory.
    pub fn find(settings: &Settings, source: &Source<'_>, key: &str, usual: &str) -> Option<UserFile> {
        let named = settings.text(key).map(PathBuf::from);
        let is_named = named.is_some();
        let path = named.or_else(|| source.home_file(usual))?;
        Some(UserFile { path, named: is_named, settings: keywords::settings(key) })
    }

    /// Nothing where there is no such file. At its usual place a file that this user may not even look for,
    /// as in the home directory of another, is none.
    pub fn read(&self) -> io::Result<Option<BoundedFile>> {
        if !self.named && std::fs::metadata(&self.path).is_err() {
            return Ok(None);
        }
        match bounded_file::read(&self.path) {
            Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
            result => result.map(Some),
        }
    }
}

impl fmt::Display for UserFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ({})", self.path.display(), self.settings)
    }
}
