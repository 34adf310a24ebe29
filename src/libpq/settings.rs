//! The merged connection settings: which layer wins, and reading them as text, number or choice.

use std::collections::BTreeMap;

use super::error::Error;
use super::{conninfo_text, keywords, url};

/// Values by key. An empty value is kept: it hides the layers below and means "the default".
#[derive(Default)]
pub struct Settings {
    values: BTreeMap<&'static str, String>,
}

impl Settings {
    /// Reads a URL or a `key=value` string; in one string the last of two equal keys wins.
    pub fn from_text(text: &str) -> Result<Settings, Error> {
        let pairs = match url::after_scheme(text) {
            Some(rest) => url::parse(rest)?,
            None if has_scheme(text) => return Err(foreign_scheme()),
            None => conninfo_text::parse(text)?,
        };
        let mut settings = Settings::default();
        for (key, value) in pairs {
            settings.values.insert(checked(&key, &value)?, value);
        }
        Ok(settings)
    }

    /// Takes the value of a lower layer, unless an upper layer has spoken.
    pub fn fill(&mut self, key: &str, value: String) -> Result<(), Error> {
        self.values.entry(checked(key, &value)?).or_insert(value);
        Ok(())
    }

    /// The value as it was given, perhaps empty.
    pub fn stated(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// The value, unless it is empty.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.stated(key).filter(|value| !value.is_empty())
    }

    /// A whole number. Blanks around it are nothing; an empty value is an error, as in libpq.
    pub fn number(&self, key: &str) -> Result<Option<i32>, Error> {
        let parse = |value: &str| {
            value.trim().parse().map_err(|_| {
                Error::lasting(format!(
                    "could not read the connection setting `{key}`: it is not a whole number"
                ))
            })
        };
        self.stated(key).map(parse).transpose()
    }

    /// One of the `choices`, when the setting is stated at all.
    pub fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Result<Option<T>, Error> {
        let Some(value) = self.stated(key) else { return Ok(None) };
        match choices.iter().find(|(name, _)| *name == value) {
            Some((_, choice)) => Ok(Some(*choice)),
            None => Err(Error::lasting(format!(
                "could not read the connection setting `{key}`: it takes {}",
                choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
            ))),
        }
    }
}

/// The settings whose values are shown to people.
const SHOWN: [&str; 7] = ["host", "dbname", "user", "passfile", "sslrootcert", "sslcert", "sslkey"];

/// The catalogue's spelling of `key`. Other libraries separate settings in other ways; by libpq's rules all that
/// follows, a password too, is then part of one value, which must not be shown.
fn checked(key: &str, value: &str) -> Result<&'static str, Error> {
    let key = keywords::supported(key)
        .map_err(|cause| Error::lasting(format!("could not read the connection settings: {cause}")))?;
    let runs_on = value.contains("://")
        || value.to_ascii_lowercase().contains("password=")
        || value.split_once([';', ',', '&', '|', ' ']).is_some_and(|(_, rest)| rest.contains('='));
    if SHOWN.contains(&key) && runs_on {
        return Err(Error::lasting(format!(
            "could not read the connection setting {}: it runs on into further settings; \
             separate settings by blanks, in a URL by one `?` and then `&`",
            keywords::settings(key)
        )));
    }
    Ok(key)
}

/// Whether a URL or a `key=value` string carries a password.
pub fn holds_password(text: &str) -> bool {
    Settings::from_text(text).is_ok_and(|settings| settings.text("password").is_some())
}

/// In `password='a://b'` the same three letters are part of a value.
fn has_scheme(text: &str) -> bool {
    text.split('=').next().is_some_and(|start| start.contains("://"))
}

fn foreign_scheme() -> Error {
    Error::lasting("could not read the database URL: it does not start with `postgresql://`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_key_of_a_string_wins_and_lower_layers_only_fill() {
        let mut settings = Settings::from_text("host=a host=b user=''").unwrap();
        settings.fill("host", "c".into()).unwrap();
        settings.fill("user", "u".into()).unwrap();
        settings.fill("port", "1".into()).unwrap();
        assert_eq!((settings.text("host"), settings.text("port")), (Some("b"), Some("1")));
        assert_eq!((settings.stated("user"), settings.text("user")), (Some(""), None));
    }

    #[test]
    fn strings_that_are_no_settings_are_refused() {
        for (text, part) in [
            ("mysql://u:hunter2@h", "does not start with `postgresql://`"),
            ("hunter2", "without `=`"),
            ("hots=hunter2", "a key that libpq does not know"),
            ("postgres://h?tls=hunter2", "a key that libpq does not know"),
            ("requirepeer=hunter2", "requirepeer or"),
        ] {
            let failure = Settings::from_text(text).err().expect(text);
            assert!(failure.text.contains(part), "{}", failure.text);
            assert!(!failure.text.contains("hunter2"), "{}", failure.text);
        }
    }

    #[test]
    fn a_password_may_look_like_a_url() {
        let settings = Settings::from_text("user=u password='a://b'").unwrap();
        assert_eq!(settings.text("password"), Some("a://b"));
    }

    #[test]
    fn numbers_are_whole_and_choices_are_listed() {
        let settings =
            Settings::from_text("keepalives=' 5 ' keepalives_idle=x keepalives_count='' gssencmode=b")
                .unwrap();
        assert_eq!(settings.number("keepalives"), Ok(Some(5)));
        assert_eq!(settings.number("port"), Ok(None));
        assert!(settings.number("keepalives_idle").is_err() && settings.number("keepalives_count").is_err());
        assert_eq!(settings.choice("gssencmode", &[("a", 1), ("b", 2)]), Ok(Some(2)));
        let text = settings.choice("gssencmode", &[("a", 1), ("c", 2)]).unwrap_err().text;
        assert!(text.ends_with("takes a, c"), "{text}");
    }

    proptest::proptest! {
        #[test]
        fn any_password_survives_both_spellings(password in "[^\\x00]+") {
            let encoded: String = password.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let quoted = password.replace('\\', "\\\\").replace('\'', "\\'");
            for text in [format!("postgres://u:{encoded}@h/d"), format!("user=u password='{quoted}' dbname=d")] {
                let settings = Settings::from_text(&text).unwrap();
                assert_eq!((settings.text("password"), settings.text("dbname")), (Some(&*password), Some("d")));
            }
        }

        #[test]
        fn no_text_makes_the_parsers_panic_or_repeat_it(
            text in ".*hunter2.*",
            url in "postgres://[a-z0-9@:/?&=%,\\[\\]]*hunter2[a-z0-9@:/?&=%,\\[\\]]*",
        ) {
            for error in [text, url].iter().filter_map(|text| Settings::from_text(text).err()) {
                assert!(!error.text.contains("hunter2"), "{error}");
            }
        }
    }
}
