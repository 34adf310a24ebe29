//! The names of connection settings: the keys libpq knows and the variable that stands for each.

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

/// The catalogue's own spelling of `name`, or why it cannot be taken. A name that libpq does not know is not
/// repeated: it may be a piece of a password.
pub fn supported(name: &str) -> Result<&'static str, String> {
    match KEYS.iter().find(|key| key.name == name) {
        Some(key) if key.supported => Ok(key.name),
        Some(key) => Err(format!("{} is not supported; remove it", settings(key.name))),
        None => {
            Err("it holds a key that libpq does not know (not shown, since it may be part of a password); \
                     correct the key, or quote the password (in a URL write its `&` as %26)"
                .into())
        }
    }
}

/// The ways to set it, for people: `sslkey or PGSSLKEY`.
pub fn settings(name: &str) -> String {
    match KEYS.iter().find(|key| key.name == name).and_then(|key| key.variable) {
        Some(variable) => format!("{name} or {variable}"),
        None => name.to_string(),
    }
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
    fn known_keys_are_taken_or_refused_by_name_and_others_are_not_repeated() {
        assert_eq!(supported("host"), Ok("host"));
        for (name, part) in [
            ("requirepeer", "requirepeer or PGREQUIREPEER is not supported"),
            ("sslpassword", "sslpassword is not supported"),
            ("hots", "a key that libpq does not know"),
        ] {
            let text = supported(name).unwrap_err();
            assert!(text.contains(part) && !text.contains("hots"), "{name}: {text}");
        }
    }
}
