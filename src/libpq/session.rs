//! What is asked of any server: user, database, names, timeouts and keepalives, with their defaults.

use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::ChannelBinding;

use super::error::Error;
use super::settings::Settings;

const CONNECT_TIMEOUT_SECONDS: i32 = 10;
/// A dead peer is noticed after 30 + 3 * 10 seconds. The system's own default is over two hours.
const KEEPALIVE_IDLE_SECONDS: i32 = 30;
const KEEPALIVE_INTERVAL_SECONDS: i32 = 10;
const KEEPALIVE_COUNT: i32 = 3;
/// Linux's own idle time, for those who ask for the system default by saying 0.
const SYSTEM_IDLE: Duration = Duration::from_secs(7200);

/// The driver's settings without any place or password.
pub fn template(settings: &Settings, application_name: &str) -> Result<Config, Error> {
    let mut config = Config::new();
    let user = match settings.text("user") {
        Some(user) => user.to_string(),
        None => system_user()?,
    };
    config.dbname(settings.text("dbname").unwrap_or(&user)).user(&user);
    if let Some(options) = settings.text("options") {
        config.options(options);
    }
    let fallback = settings.text("fallback_application_name").unwrap_or(application_name);
    config.application_name(settings.text("application_name").unwrap_or(fallback));
    config.channel_binding(channel_binding(settings)?);
    set_timeouts(&mut config, settings)?;
    accept_only_plain_choices(settings)?;
    Ok(config)
}

fn system_user() -> Result<String, Error> {
    whoami::username().map_err(|_| {
        Error::lasting("could not find the database user: this system user has no name; set PGUSER")
    })
}

fn channel_binding(settings: &Settings) -> Result<ChannelBinding, Error> {
    let choices = [
        ("prefer", ChannelBinding::Prefer),
        ("require", ChannelBinding::Require),
        ("disable", ChannelBinding::Disable),
    ];
    Ok(settings.choice("channel_binding", &choices)?.unwrap_or(ChannelBinding::Prefer))
}

fn set_timeouts(config: &mut Config, settings: &Settings) -> Result<(), Error> {
    // libpq never waits less than two seconds, and for ever when told 0.
    let timeout = settings.number("connect_timeout")?.unwrap_or(CONNECT_TIMEOUT_SECONDS);
    if let Some(seconds) = positive(timeout) {
        config.connect_timeout(Duration::from_secs(seconds.max(2).into()));
    }
    // Milliseconds, as in libpq; the driver's own parser takes the same key in seconds.
    if let Some(milliseconds) = settings.number("tcp_user_timeout")?.and_then(positive) {
        config.tcp_user_timeout(Duration::from_millis(milliseconds.into()));
    }
    config.keepalives(settings.number("keepalives")? != Some(0));
    let idle = positive(settings.number("keepalives_idle")?.unwrap_or(KEEPALIVE_IDLE_SECONDS));
    config.keepalives_idle(idle.map_or(SYSTEM_IDLE, |seconds| Duration::from_secs(seconds.into())));
    let interval = settings.number("keepalives_interval")?.unwrap_or(KEEPALIVE_INTERVAL_SECONDS);
    if let Some(seconds) = positive(interval) {
        config.keepalives_interval(Duration::from_secs(seconds.into()));
    }
    if let Some(count) = positive(settings.number("keepalives_count")?.unwrap_or(KEEPALIVE_COUNT)) {
        config.keepalives_retries(count);
    }
    Ok(())
}

/// Zero and less mean "not set".
fn positive(number: i32) -> Option<u32> {
    u32::try_from(number).ok().filter(|number| *number > 0)
}

/// There is no GSS encryption here, and text is always UTF-8; whoever asks for something else must learn it.
fn accept_only_plain_choices(settings: &Settings) -> Result<(), Error> {
    settings.choice("gssencmode", &[("disable", ()), ("prefer", ())])?;
    settings.choice("client_encoding", &["utf8", "UTF8", "utf-8", "UTF-8"].map(|name| (name, ())))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, Error> {
        template(&Settings::from_text(text).unwrap(), "caller")
    }

    #[test]
    fn an_empty_string_gives_the_defaults() {
        let config = read("").unwrap();
        let user = config.get_user().unwrap().to_string();
        assert_eq!(config.get_dbname(), Some(user.as_str()));
        assert_eq!(config.get_application_name(), Some("caller"));
        assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(10)));
        assert_eq!(config.get_tcp_user_timeout(), None);
        assert!(config.get_keepalives());
        assert_eq!(config.get_keepalives_idle(), Duration::from_secs(30));
        assert_eq!(config.get_keepalives_interval(), Some(Duration::from_secs(10)));
        assert_eq!(config.get_keepalives_retries(), Some(3));
        assert_eq!(config.get_channel_binding(), ChannelBinding::Prefer);
    }

    #[test]
    fn timeouts_have_the_units_and_limits_of_libpq() {
        let config = read(
            "connect_timeout=1 tcp_user_timeout=10000 keepalives_idle=0 keepalives_interval=-1 keepalives_count=0",
        );
        let config = config.unwrap();
        assert_eq!(config.get_connect_timeout(), Some(&Duration::from_secs(2)));
        assert_eq!(config.get_tcp_user_timeout(), Some(&Duration::from_secs(10)));
        assert_eq!(config.get_keepalives_idle(), SYSTEM_IDLE);
        assert_eq!((config.get_keepalives_interval(), config.get_keepalives_retries()), (None, None));
        assert_eq!(read("connect_timeout=0").unwrap().get_connect_timeout(), None);
        assert!(!read("keepalives=0").unwrap().get_keepalives());
        assert!(read("keepalives=2").unwrap().get_keepalives());
    }

    #[test]
    fn names_are_taken_in_the_order_of_libpq() {
        let config = read("user=u fallback_application_name=f options='-c a=b'").unwrap();
        assert_eq!((config.get_user(), config.get_dbname()), (Some("u"), Some("u")));
        assert_eq!((config.get_application_name(), config.get_options()), (Some("f"), Some("-c a=b")));
        let config = read("application_name=a fallback_application_name=f dbname=d").unwrap();
        assert_eq!((config.get_application_name(), config.get_dbname()), (Some("a"), Some("d")));
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_name() {
        for (text, part) in [
            ("gssencmode=require", "`gssencmode`"),
            ("client_encoding=latin1", "`client_encoding`"),
            ("channel_binding=maybe", "takes prefer, require, disable"),
            ("connect_timeout=soon", "`connect_timeout`: it is not a whole number"),
        ] {
            let failure = read(text).unwrap_err();
            assert!(failure.text.contains(part), "{}", failure.text);
        }
    }
}
