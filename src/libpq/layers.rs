//! The order of the layers: connection string, service, environment variables.

use super::error::Error;
use super::settings::Settings;
use super::source::Source;
use super::{keywords, servicefile};

/// Everything that was said about the connection, by whichever layer; defaults come later.
pub fn merge(source: &Source<'_>) -> Result<Settings, Error> {
    let mut settings = Settings::from_text(source.database_url.as_deref().unwrap_or_default())?;
    let service = settings.text("service").map(str::to_string);
    if let Some(service) = service.or_else(|| source.variable("PGSERVICE")) {
        for (key, value) in servicefile::read(source, &service)? {
            settings.fill(&key, value)?;
        }
    }
    for key in keywords::KEYS {
        if let Some(value) = key.variable.and_then(|name| source.variable(name)) {
            settings.fill(key.name, value)?;
        }
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(url: &str, environment: &[(&str, &str)]) -> Result<Settings, Error> {
        let lookup =
            |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string());
        merge(&Source { database_url: Some(url.into()), environment: &lookup, application_name: "test" })
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
