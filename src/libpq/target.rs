//! A database that can be connected to, any number of times: its places, its login, its TLS.

use std::fmt;
use std::io::ErrorKind;

use postgres::{Client, Config};

use super::connect_error::Refusal;
use super::endpoint::{Endpoint, Place};
use super::error::Error;
use super::layers::merge;
use super::password::Password;
use super::session_attributes::Wanted;
use super::settings::Settings;
use super::source::Source;
use super::tls::{Encryption, Mode};
use super::user_file::UserFile;
use super::{attempt, passfile, session};

#[derive(Clone)]
pub struct Target {
    /// Never empty. A password file may hold another password for each place.
    endpoints: Vec<(Endpoint, Option<Password>)>,
    template: Config,
    wanted: Wanted,
    encryption: Encryption,
    warnings: Vec<String>,
}

impl Target {
    /// Reads all settings and the files they name. Connects to nothing.
    pub fn resolve(source: &Source<'_>) -> Result<Target, Error> {
        let settings = merge(source)?;
        let mut warnings = Vec::new();
        let template = session::template(&settings, source.application_name)?;
        let endpoints = Endpoint::list(&settings)?;
        let encryption = read_encryption(&endpoints, &settings, source, &mut warnings)?;
        let passwords = read_passwords(&endpoints, &template, &settings, source, &mut warnings);
        let wanted = Wanted::read(&settings)?;
        Ok(Target {
            endpoints: endpoints.into_iter().zip(passwords).collect(),
            template,
            wanted,
            encryption,
            warnings,
        })
    }

    /// The same target with another password, for tokens that live only minutes.
    /// `make` gets host, port and user of each place.
    pub fn with_passwords<E>(
        &self,
        mut make: impl FnMut(&str, u16, &str) -> Result<String, E>,
    ) -> Result<Target, E> {
        let mut target = self.clone();
        let user = self.template.get_user().unwrap_or_default();
        for (endpoint, known) in &mut target.endpoints {
            *known = Some(Password::new(make(&endpoint.host(), endpoint.port, user)?.as_str()));
        }
        Ok(target)
    }

    /// Tries the hosts in order until one gives a session that `target_session_attrs` accepts.
    pub fn connect(&self) -> Result<Client, Error> {
        let mut errors = Vec::new();
        for wanted in self.wanted.passes() {
            errors.clear();
            for (endpoint, password) in &self.endpoints {
                let tried = self.try_endpoint(endpoint, password.as_ref(), wanted);
                match tried.map_err(|refusal| refusal.without(password.as_ref())) {
                    Ok(client) => return Ok(client),
                    Err(refusal) if refusal.try_next => errors.push(refusal.error),
                    Err(refusal) => return Err(refusal.error),
                }
            }
        }
        Err(join(errors))
    }

    /// Hands every notice of the server to `hear`.
    pub fn on_notice(&mut self, hear: impl Fn(postgres::error::DbError) + Send + Sync + 'static) {
        self.template.notice_callback(hear);
    }

    /// For people: hosts, ports, database and user, such as `host db port 5432 database logins user drain`.
    pub fn describe(&self) -> String {
        let list = |show: fn(&Endpoint) -> String| {
            self.endpoints.iter().map(|(endpoint, _)| show(endpoint)).collect::<Vec<_>>().join(",")
        };
        self.describe_place(&list(Endpoint::host), &list(|endpoint| endpoint.port.to_string()))
    }

    /// The names or addresses of its hosts, without sockets of this machine.
    pub fn remote_hosts(&self) -> Vec<String> {
        let remote =
            self.endpoints.iter().filter(|(endpoint, _)| !matches!(endpoint.place, Place::Socket(_)));
        remote.map(|(endpoint, _)| endpoint.host()).collect()
    }

    /// Whether no password can travel over a network in clear text, whatever the server says.
    pub fn always_encrypts(&self) -> bool {
        let local = |(endpoint, _): &(Endpoint, _)| matches!(endpoint.place, Place::Socket(_));
        matches!(self.encryption, Encryption::Require(_)) || self.endpoints.iter().all(local)
    }

    /// What was odd about the settings and yet no reason to stop, one sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    fn describe_place(&self, host: &str, port: &str) -> String {
        let database = self.template.get_dbname().unwrap_or_default();
        let user = self.template.get_user().unwrap_or_default();
        escaped(&format!("host {host} port {port} database {database} user {user}"))
    }

    fn try_endpoint(
        &self,
        endpoint: &Endpoint,
        password: Option<&Password>,
        wanted: Wanted,
    ) -> Result<Client, Refusal> {
        let mut config = self.template.clone();
        config.port(endpoint.port);
        if let Some(password) = password {
            config.password(password.reveal());
        }
        let place = self.describe_place(&endpoint.host(), &endpoint.port.to_string());
        if let Place::Socket(directory) = &endpoint.place {
            return suitable(attempt::open_socket(config.host_path(directory)), &place, wanted);
        }
        let addresses = endpoint.addresses().map_err(|e| Refusal::unknown_name(&place, &e))?;
        let mut last = Err(Refusal::unknown_name(&place, &ErrorKind::NotFound.into()));
        for address in addresses {
            let mut config = config.clone();
            config.host(&endpoint.certificate_name(address)).hostaddr(address);
            last = suitable(attempt::open(&config, &self.encryption), &place, wanted);
            if !matches!(&last, Err(refusal) if refusal.try_next) {
                break;
            }
        }
        last
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.describe())
    }
}

fn suitable(opened: Result<Client, postgres::Error>, place: &str, wanted: Wanted) -> Result<Client, Refusal> {
    let explain = |error: postgres::Error| Refusal::new(place, &error);
    let mut client = opened.map_err(explain)?;
    if wanted.suits(&mut client).map_err(explain)? {
        Ok(client)
    } else {
        Err(Refusal::unsuitable(place, wanted.name()))
    }
}

/// What could steer a terminal is written as an escape.
fn escaped(text: &str) -> String {
    let shows = |letter: char| matches!(letter, '"' | '\'' | '\\') || letter.escape_debug().len() == 1;
    text.chars().map(|c| if shows(c) { c.to_string() } else { c.escape_debug().to_string() }).collect()
}

/// TLS is for TCP alone: libpq too ignores sslmode on a Unix socket.
fn read_encryption(
    endpoints: &[Endpoint],
    settings: &Settings,
    source: &Source<'_>,
    warnings: &mut Vec<String>,
) -> Result<Encryption, Error> {
    let mode = Mode::read(settings)?;
    if endpoints.iter().all(|endpoint| matches!(endpoint.place, Place::Socket(_))) {
        return Ok(Encryption::Off);
    }
    if mode == Mode::VerifyFull
        && endpoints.iter().any(|endpoint| matches!(endpoint.place, Place::Address(_)))
    {
        return Err(Error::lasting(
            "could not set up TLS: sslmode=verify-full needs a host name; set host beside hostaddr",
        ));
    }
    Encryption::read(mode, settings, source, warnings)
}

/// One for each endpoint. The password file is opened only when no layer gave a password.
fn read_passwords(
    endpoints: &[Endpoint],
    template: &Config,
    settings: &Settings,
    source: &Source<'_>,
    warnings: &mut Vec<String>,
) -> Vec<Option<Password>> {
    if let Some(password) = settings.text("password") {
        return vec![Some(Password::new(password)); endpoints.len()];
    }
    let text = UserFile::find(settings, source, "passfile", ".pgpass").and_then(|file| {
        passfile::read(&file).unwrap_or_else(|warning| {
            warnings.push(warning);
            None
        })
    });
    let find = |endpoint: &Endpoint| {
        let host = endpoint.passfile_host();
        let (database, user) = (template.get_dbname()?, template.get_user()?);
        let wanted = passfile::Wanted { host: &host, port: endpoint.port, database, user };
        passfile::find(text.as_deref()?, &wanted).filter(|password| !password.reveal().is_empty())
    };
    endpoints.iter().map(find).collect()
}

/// Every place failed: what happened at each, and the wait is worth it if it is for any of them.
fn join(errors: Vec<Error>) -> Error {
    let lasting = errors.iter().all(|error| error.lasting);
    let texts: Vec<String> = errors.into_iter().map(|error| error.text).collect();
    Error { lasting, text: texts.join("; and ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All that a user may see of the settings, whether they are any or not.
    fn shown(text: &str, environment: &[(&str, &str)]) -> String {
        let lookup =
            |name: &str| environment.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string());
        let source =
            Source { database_url: Some(text.into()), environment: &lookup, application_name: "test" };
        match Target::resolve(&source) {
            Ok(target) => format!("{target:?} {} {:?}", target.describe(), target.warnings()),
            Err(error) => format!("{error} {error:?}"),
        }
    }

    /// Each holds a password, where it belongs, where somebody thought that it does, or by other libraries' rules.
    const SHAPES: &[&str] = &[
        "postgresql://u:PASSWORD@h/d",
        "postgresql://u:PASSWORD@h1:1,h2:2/d?sslmode=disable",
        "postgresql://:PASSWORD@h",
        "postgresql://h/d?password=PASSWORD",
        "postgresql://h:1?password=PASSWORD",
        "postgresql://u@h/d?user=u&password=PASSWORD&sslmode=disable",
        "postgresql://h/d;password=PASSWORD",
        "postgresql://h/d&pw=PASSWORD",
        "postgresql:/u:PASSWORD@h/d",
        "postgres:u:PASSWORD@h/d",
        " postgresql://u:PASSWORD@h/d",
        "'postgresql://u:PASSWORD@h/d'",
        "mysql://u:PASSWORD@h/d",
        "jdbc:postgresql://h/d?user=u&password=PASSWORD",
        "DATABASE_URL=postgresql://u:PASSWORD@h/d",
        "dbname=postgresql://u:PASSWORD@h/d",
        "dbname='postgresql://u:PASSWORD@h/d' host=h",
        "host=h user=u password=PASSWORD",
        "password=PASSWORD dbname=d host=h",
        "password='PASSWORD' dbname=d host=h",
        "password = \"PASSWORD\" dbname=d",
        "host=h;port=5432;password=PASSWORD",
        "host=h; port=5432; password=PASSWORD;",
        "Host=h;Username=u;Password=PASSWORD",
        "Server=tcp:h,5432;Uid=u;Pwd=PASSWORD",
        "dbname=d;password=PASSWORD;user=u",
        "user=u&password=PASSWORD",
        "host=h,port=5432,password=PASSWORD",
        "sslmode=verify-ca sslrootcert=k;password=PASSWORD",
        "passfile=f|pwd=PASSWORD",
        "service=s;password=PASSWORD",
        "sslmode=PASSWORD",
        "port=PASSWORD",
        "hostaddr=PASSWORD",
        "pasword=PASSWORD",
        "host: h, password: PASSWORD",
        "PASSWORD",
        "PASSWORD=x",
    ];

    #[test]
    fn a_url_in_the_wrong_variable_is_not_shown() {
        let url = "postgresql://u:hunter2@h/d";
        for variable in ["PGDATABASE", "PGHOST", "PGUSER", "PGSERVICE", "PGPORT", "PGHOSTADDR", "PGPASSFILE"]
        {
            let shown = shown("", &[(variable, url), ("PGHOST", "h")]);
            assert!(!shown.contains("hunter2"), "{variable}: {shown}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(5_000))]
        #[test]
        fn no_password_is_shown_however_it_is_written(
            shape in proptest::sample::select(SHAPES),
            before in "([@:/?#&=;,'\"\\\\%+|\\[\\] \n]|[abX0-9é]{1,2}){0,6}",
            after in "([@:/?#&=;,'\"\\\\%+|\\[\\] \n]|[abX0-9é]{1,2}){0,6}",
        ) {
            let text = shape.replace("PASSWORD", &format!("{before}hunter2{after}"));
            let shown = shown(&text, &[]);
            proptest::prop_assert!(!shown.contains("hunter2"), "{}: {}", text, shown);
        }
    }
}
