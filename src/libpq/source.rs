//! Where settings come from.

use std::path::PathBuf;

/// What the caller knows. `environment` is the only door to environment variables, HOME included.
pub struct Source<'a> {
    /// A `postgresql://` URL or a `key=value` string.
    pub database_url: Option<String>,
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// What the server calls the session, unless the user names it.
    pub application_name: &'a str,
}

impl Source<'_> {
    /// A variable that is set to nothing counts as not set.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        (self.environment)(name).filter(|value| !value.is_empty())
    }

    /// A file in the home directory. Without HOME there is none.
    pub(super) fn home_file(&self, path: &str) -> Option<PathBuf> {
        self.variable("HOME").map(|home| PathBuf::from(home).join(path))
    }
}
