//! `target_session_attrs`: which servers of a list will do.

use tokio_postgres::SimpleQueryMessage;

use super::client::Client;
use super::error::Error;
use super::settings::Settings;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Any,
    ReadWrite,
    ReadOnly,
    Primary,
    Standby,
    PreferStandby,
}

impl Wanted {
    pub fn read(settings: &Settings) -> Result<Wanted, Error> {
        Ok(settings.choice("target_session_attrs", &NAMES)?.unwrap_or(Wanted::Any))
    }

    /// The passes to make over the list of hosts.
    pub fn passes(self) -> Vec<Wanted> {
        match self {
            Wanted::PreferStandby => vec![Wanted::Standby, Wanted::Any],
            wanted => vec![wanted],
        }
    }

    /// Whether the server behind `client` will do. One round trip, unless anything will.
    pub fn suits(self, client: &mut Client) -> Result<bool, tokio_postgres::Error> {
        if self == Wanted::Any {
            return Ok(true);
        }
        let answer = client.simple_query(
            "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only')",
        )?;
        Ok(answer.iter().any(|message| match message {
            SimpleQueryMessage::Row(row) => self.accepts(row.get(0) == Some("t"), row.get(1) == Some("on")),
            _ => false,
        }))
    }

    fn accepts(self, standby: bool, read_only: bool) -> bool {
        match self {
            Wanted::Any | Wanted::PreferStandby => true,
            Wanted::ReadWrite => !read_only,
            Wanted::ReadOnly => read_only,
            Wanted::Primary => !standby,
            Wanted::Standby => standby,
        }
    }

    /// The word a user writes for it.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, wanted)| *wanted == self).map_or("any", |(name, _)| name)
    }
}

const NAMES: [(&str, Wanted); 6] = [
    ("any", Wanted::Any),
    ("read-write", Wanted::ReadWrite),
    ("read-only", Wanted::ReadOnly),
    ("primary", Wanted::Primary),
    ("standby", Wanted::Standby),
    ("prefer-standby", Wanted::PreferStandby),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_accepts_its_servers() {
        // Columns: a primary, a primary whose sessions default to read-only, a standby.
        for (text, expected) in [
            ("", [true, true, true]),
            ("target_session_attrs=any", [true, true, true]),
            ("target_session_attrs=read-write", [true, false, false]),
            ("target_session_attrs=read-only", [false, true, true]),
            ("target_session_attrs=primary", [true, true, false]),
            ("target_session_attrs=standby", [false, false, true]),
        ] {
            let wanted = Wanted::read(&Settings::from_text(text).unwrap()).unwrap();
            let servers = [(false, false), (false, true), (true, true)];
            assert_eq!(
                servers.map(|(standby, read_only)| wanted.accepts(standby, read_only)),
                expected,
                "{text}"
            );
            assert_eq!(wanted.passes(), [wanted]);
        }
    }

    #[test]
    fn a_preference_takes_two_passes_and_an_unknown_word_none() {
        let read = |text| Wanted::read(&Settings::from_text(text).unwrap());
        let wanted = read("target_session_attrs=prefer-standby").unwrap();
        assert_eq!(wanted.passes(), [Wanted::Standby, Wanted::Any]);
        assert!(read("target_session_attrs=master").is_err());
    }
}
