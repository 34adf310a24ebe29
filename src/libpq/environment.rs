//! The order of the layers: connection string, service, environment variables.

use std::path::PathBuf;

use super::settings::Settings;
use super::{Source, keys, servicefile};
use crate::failure::Failure;

/// Everything that was said about the connection, by whichever layer; defaults come later.
pub fn merge(source: &Source<'_>) -> Result<Settings, Failure> {
    let mut settings = Settings::from_text(source.database_url.as_deref().unwrap_or_default())?;
    let service = settings.text("service").map(str::to_string);
    if let Some(service) = service.or_else(|| variable(source, "PGSERVICE")) {
        for (key, value) in servicefile::read(source, &service)? {
            settings.fill(&key, value)?;
        }
    }
    for key in keys::KEYS {
        if let Some(value) = key.variable.and_then(|name| variable(source, name)) {
            settings.fill(key.name, value)?;
        }
    }
    Ok(settings)
}

/// A variable that is set to nothing counts as not set.
pub fn variable(source: &Source<'_>, name: &str) -> Option<String> {
    (source.environment)(name).filter(|value| !value.is_empty())
}

/// A file in the home directory. Without HOME there is none.
pub fn home_file(source: &Source<'_>, path: &str) -> Option<PathBuf> {
    variable(source, "HOME").map(|home| PathBuf::from(home).join(path))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
mod tests {
    use super::*;

    fn merged(url: &str, environment: &[(&str, &str)]) -> Result<Settings, Failure> {
        let lookup =
            |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string());
        merge(&Source { database_url: Some(url.into()), environment: &lookup })
    }

    #[test]
    fn the_string_beats_the_service_and_the_service_beats_the_environment() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("services");
        std::fs::write(&file, "[logins]\nhost=service\nport=2\n").unwrap();
        let environment = [
            ("PGSERVICEFILE", file.to_str().unwrap()),
            ("PGSERVICE", "logins"),
            ("PGHOST", "environment"),
            ("PGPORT", "3"),
            ("PGDATABASE", "environment"),
            ("PGUSER", ""),
        ];
        let settings = merged("host=string", &environment).unwrap();
        let values = ["host", "port", "dbname", "user"].map(|key| settings.text(key));
        assert_eq!(values, [Some("string"), Some("2"), Some("environment"), None]);
    }

    #[test]
    fn a_variable_that_asks_for_an_unsupported_check_is_refused() {
        let text = merged("", &[("PGREQUIREPEER", "postgres")]).err().unwrap().text;
        assert!(text.contains("PGREQUIREPEER"), "{text}");
    }
}
