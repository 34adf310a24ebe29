//! The names of connection settings: the keys libpq knows and the variable that stands for each.

use super::error::Error;

/// One key of a connection string.
pub struct Key {
    pub name: &'static str,
    /// The environment variable that gives the value when no other layer does.
    pub variable: Option<&'static str>,
    pub supported: bool,
}

/// Unsupported keys are listed too: a check that libpq would have made, such as `requirepeer`,
/// must not be dropped in silence, whether it comes from a connection string or from the environment.
pub const KEYS: &[Key] = &[
    with_variable("service", "PGSERVICE"),
    with_variable("host", "PGHOST"),
    with_variable("hostaddr", "PGHOSTADDR"),
    with_variable("port", "PGPORT"),
    with_variable("dbname", "PGDATABASE"),
    with_variable("user", "PGUSER"),
    with_variable("password", "PGPASSWORD"),
    with_variable("passfile", "PGPASSFILE"),
    with_variable("connect_timeout", "PGCONNECT_TIMEOUT"),
    with_variable("application_name", "PGAPPNAME"),
    with_variable("options", "PGOPTIONS"),
    with_variable("sslmode", "PGSSLMODE"),
    with_variable("sslrootcert", "PGSSLROOTCERT"),
    with_variable("sslcert", "PGSSLCERT"),
    with_variable("sslkey", "PGSSLKEY"),
    with_variable("channel_binding", "PGCHANNELBINDING"),
    with_variable("target_session_attrs", "PGTARGETSESSIONATTRS"),
    with_variable("gssencmode", "PGGSSENCMODE"),
    // PGCLIENTENCODING is not read: it tells psql about the terminal, and our texts are always UTF-8.
    plain("client_encoding"),
    plain("fallback_application_name"),
    plain("keepalives"),
    plain("keepalives_idle"),
    plain("keepalives_interval"),
    plain("keepalives_count"),
    plain("tcp_user_timeout"),
    unsupported("requirepeer", Some("PGREQUIREPEER")),
    unsupported("require_auth", Some("PGREQUIREAUTH")),
    unsupported("sslcrl", Some("PGSSLCRL")),
    unsupported("sslcrldir", Some("PGSSLCRLDIR")),
    unsupported("ssl_min_protocol_version", Some("PGSSLMINPROTOCOLVERSION")),
    unsupported("ssl_max_protocol_version", Some("PGSSLMAXPROTOCOLVERSION")),
    unsupported("sslnegotiation", Some("PGSSLNEGOTIATION")),
    unsupported("load_balance_hosts", Some("PGLOADBALANCEHOSTS")),
    unsupported("sslpassword", None),
    unsupported("sslcompression", None),
    unsupported("sslcertmode", None),
    unsupported("sslsni", None),
    unsupported("krbsrvname", None),
    unsupported("gsslib", None),
    unsupported("gssdelegation", None),
    unsupported("replication", None),
];

/// The catalogue's own spelling of `name`, or why it cannot be taken.
pub fn supported(name: &str) -> Result<&'static str, Error> {
    match KEYS.iter().find(|key| key.name == name) {
        Some(key) if key.supported => Ok(key.name),
        Some(key) => Err(not_supported(key)),
        None => Err(Error::lasting(format!(
            "could not read the connection settings: `{}` is not a key that libpq knows; correct or remove it",
            printable(name)
        ))),
    }
}

fn not_supported(key: &Key) -> Error {
    let settings = settings(key.name);
    Error::lasting(format!("could not read the connection settings: {settings} is not supported; remove it"))
}

/// The ways to set it, for people: `sslkey or PGSSLKEY`.
pub fn settings(name: &str) -> String {
    match KEYS.iter().find(|key| key.name == name).and_then(|key| key.variable) {
        Some(variable) => format!("{name} or {variable}"),
        None => name.to_string(),
    }
}

/// Long or odd "keys" are mostly broken values, perhaps passwords, so they are not repeated.
fn printable(name: &str) -> &str {
    let ordinary = name.len() <= 40 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if ordinary { name } else { "(not shown)" }
}

const fn with_variable(name: &'static str, variable: &'static str) -> Key {
    Key { name, variable: Some(variable), supported: true }
}

const fn plain(name: &'static str) -> Key {
    Key { name, variable: None, supported: true }
}

const fn unsupported(name: &'static str, variable: Option<&'static str>) -> Key {
    Key { name, variable, supported: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_keys_are_taken_and_others_are_named() {
        assert_eq!(supported("host"), Ok("host"));
        for (name, part) in [
            ("hots", "`hots` is not a key"),
            ("requirepeer", "requirepeer or PGREQUIREPEER is not supported"),
            ("sslpassword", "sslpassword is not supported"),
            ("p@ss word", "`(not shown)`"),
        ] {
            let text = supported(name).unwrap_err().text;
            assert!(text.contains(part), "{name}: {text}");
        }
    }
}
