//! The words for a connection that failed: what happened, what to do, and whether another place may do.

use std::error::Error as _;
use std::io::ErrorKind;

use postgres::error::DbError;

use super::error::Error;
use super::password::Password;

/// How a sentence begins that tells of a limit of connections.
pub const NO_FREE_CONNECTION: &str = "the server has no free connection";

/// Why one place did not give a session.
#[derive(Debug)]
pub struct Refusal {
    pub error: Error,
    /// A server that answered and said no has decided for all; any other trouble leaves the next place to try.
    pub try_next: bool,
}

impl Refusal {
    /// `place` is how users name the place, such as `host db port 5432 database logins user drain`.
    pub fn new(place: &str, error: &postgres::Error) -> Refusal {
        at(place, explain(error))
    }

    /// A host name that leads nowhere, perhaps because DNS is down.
    pub fn unknown_name(place: &str, error: &std::io::Error) -> Refusal {
        let cause =
            format!("the host name leads to no address ({error}); check the name, or try again later");
        at(place, temporary(cause))
    }

    /// A server may say in its own words what it was sent.
    pub fn without(mut self, password: Option<&Password>) -> Refusal {
        let secret = password.map(|password| password.reveal()).filter(|secret| !secret.is_empty());
        if let Some(secret) = secret.filter(|secret| self.error.text.contains(*secret)) {
            self.error.text = self.error.text.replace(secret, "(hidden)");
        }
        self
    }

    /// The wrong kind of server, as during a failover.
    pub fn unsuitable(place: &str, wanted: &str) -> Refusal {
        let cause = format!(
            "the server is not `{wanted}`, as target_session_attrs wants; add a host that is, or try again later"
        );
        at(place, temporary(cause))
    }
}

fn at(place: &str, (cause, try_next): Explained) -> Refusal {
    let text = format!("could not connect to PostgreSQL at `{place}`: {}", cause.text);
    Refusal { error: Error { text, ..cause }, try_next }
}

/// The cause, and whether the next place is to be tried.
type Explained = (Error, bool);

fn explain(error: &postgres::Error) -> Explained {
    if let Some(answer) = error.as_db_error() {
        return explain_answer(answer);
    }
    if let Some(io) = error.source().and_then(|source| source.downcast_ref::<std::io::Error>()) {
        return explain_io(io);
    }
    let causes = causes(error);
    if let Some(explained) = explain_words(&causes) {
        return explained;
    }
    match causes {
        _ if error.is_closed() => temporary(CUT),
        causes if causes.contains("unexpected message") => lasting(STRANGER),
        causes => lasting(format!("{causes}; check the settings and what listens there")),
    }
}

/// The error and what lies below it, in one line.
fn causes(error: &postgres::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    one_line(&text)
}

fn explain_answer(answer: &DbError) -> Explained {
    let (code, message) = (answer.code().code(), one_line(answer.message()));
    match code {
        "28P01" => lasting(format!(
            "the server refused the password (SQLSTATE {code}); correct it in PGPASSWORD, the password file or the database URL"
        )),
        "28000" => lasting(format!(
            "the server refused the login (SQLSTATE {code}, {message}); change the user, the sslmode or the client certificate, or the server's pg_hba.conf"
        )),
        "3D000" => lasting(format!(
            "there is no such database (SQLSTATE {code}); create it, or name another in the database URL or PGDATABASE"
        )),
        // PgBouncer gives one code to all that it has to say, in English.
        "08P01" if message.contains("unsupported startup parameter") => lasting(format!(
            "what stands before the server takes no such setting (SQLSTATE {code}, {message}); take it out of the \
             database URL or PGOPTIONS, or name it in PgBouncer's ignore_startup_parameters"
        )),
        "08P01" if POOLER_NEVER.iter().any(|words| message.contains(words)) => lasting(format!(
            "the pooler before the server refused the login (SQLSTATE {code}, {message}); correct the settings or \
             the pooler's"
        )),
        "57P03" => temporary(format!(
            "the server is starting up or shutting down (SQLSTATE {code}); try again later"
        )),
        "53300" => temporary_final(format!(
            "{NO_FREE_CONNECTION} (SQLSTATE {code}); try again later, or raise max_connections there, or CONNECTION \
             LIMIT of the role or database"
        )),
        _ if ["08", "53", "57", "58"].iter().any(|class| code.starts_with(class)) => temporary_final(
            format!("the server cannot serve now (SQLSTATE {code}, {message}); try again later"),
        ),
        _ => lasting(format!(
            "the server answered SQLSTATE {code}, {message}; correct the settings or the server's"
        )),
    }
}

/// What PgBouncer says of a login that will never work as things are.
const POOLER_NEVER: [&str; 3] = ["no such database", "no such user", "config error"];

/// OpenSSL and the driver give words, not codes. These are the ones users meet; the first that fits is taken.
const WORDS: &[(&str, &str)] = &[
    (
        "server does not support TLS",
        "the server does not offer TLS; turn on `ssl` there, or set sslmode=prefer or disable",
    ),
    (
        "password missing",
        "the server asks for a password and none is set; set PGPASSWORD, PGPASSFILE or the database URL",
    ),
    (
        "channel binding",
        "channel binding is required and this login cannot give it; \
         use TLS and a scram-sha-256 password, or set channel_binding=prefer",
    ),
    ("ostname mismatch", OTHER_NAME),
    ("IP address mismatch", OTHER_NAME),
    ("certificate has expired", "the server's certificate has expired; renew it"),
    (
        "certificate verify failed",
        "the server's certificate is not signed by an authority in the root certificate; \
         correct sslrootcert (or PGSSLROOTCERT)",
    ),
    (
        "alert",
        "the server broke off the TLS handshake, perhaps over the client certificate; correct sslcert and sslkey",
    ),
];

const OTHER_NAME: &str = "the server's certificate is for another host name; \
     use the name in the certificate, or set sslmode=verify-ca";

fn explain_words(causes: &str) -> Option<Explained> {
    if let Some((_, words)) = WORDS.iter().find(|(part, _)| causes.contains(part)) {
        return Some(lasting(*words));
    }
    if !causes.contains("error performing TLS handshake") {
        return None;
    }
    let cut = causes.contains("unexpected EOF") || causes.contains("os error");
    Some(if cut {
        temporary(CUT)
    } else {
        lasting(format!("{causes}; correct the TLS settings here or there"))
    })
}

/// A server that refuses a client certificate often hangs up before its reason arrives, and so does one that
/// speaks another protocol.
const CUT: &str = "the connection was cut; try again later, and if it stays so, see whether PostgreSQL \
     listens there and accepts the client certificate, if one is set";

const STRANGER: &str = "what answers there is not PostgreSQL; correct host and port";

fn explain_io(error: &std::io::Error) -> Explained {
    match error.kind() {
        ErrorKind::ConnectionRefused => {
            temporary("nothing listens there; start the server, or correct host and port")
        }
        ErrorKind::NotFound => {
            temporary("there is no server socket in that directory; start the server, or set host")
        }
        ErrorKind::TimedOut => temporary("no answer in time; check network and firewall, or try again later"),
        ErrorKind::PermissionDenied => {
            lasting("this system user may not open the socket; correct its permissions")
        }
        ErrorKind::InvalidData | ErrorKind::InvalidInput => lasting(STRANGER),
        // `Other` is the driver's word for a stream that ended inside a message.
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::Other => {
            temporary(CUT)
        }
        _ => temporary(format!("{}; try again later", one_line(&error.to_string()))),
    }
}

fn lasting(cause: impl Into<String>) -> Explained {
    (Error::lasting(cause), false)
}

fn temporary(cause: impl Into<String>) -> Explained {
    (Error::temporary(cause), true)
}

fn temporary_final(cause: String) -> Explained {
    (Error::temporary(cause), false)
}

/// Foreign text on one line and not for ever.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_repeats_the_password_is_not_repeated() {
        let refusal = at("host db", lasting("the server answered SQLSTATE 28P01, `hunter2 it is`"));
        let told = refusal.without(Some(&Password::new("hunter2"))).error.text;
        assert!(!told.contains("hunter2") && told.contains("`(hidden) it is`"), "{told}");
    }
}
