//! TLS as libpq's sslmode and sslrootcert mean it: whether to use it and what to check.

use openssl::error::ErrorStack;
use openssl::ssl::{SslConnector, SslConnectorBuilder, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;

use super::client_certificate::ClientCertificate;
use super::error::Error;
use super::settings::Settings;
use super::source::Source;
use super::tls_connector::TlsWhenNeeded;
use super::user_file::UserFile;

/// How a TCP connection is protected. The connector carries what is to be checked.
#[derive(Clone)]
pub enum Encryption {
    Off,
    Allow(TlsWhenNeeded),
    Prefer(TlsWhenNeeded),
    Require(TlsWhenNeeded),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Disable,
    Allow,
    Prefer,
    Require,
    VerifyCa,
    VerifyFull,
}

/// Who may have signed the server's certificate.
#[derive(Clone)]
enum Trust {
    Anyone,
    System,
    File(Vec<X509>),
}

impl Mode {
    pub fn read(settings: &Settings) -> Result<Mode, Error> {
        let stated = settings.choice("sslmode", &MODES)?;
        if settings.text("sslrootcert") != Some("system") {
            return Ok(stated.unwrap_or(Mode::Prefer));
        }
        match stated.unwrap_or(Mode::VerifyFull) {
            Mode::VerifyFull => Ok(Mode::VerifyFull),
            // Every public authority would do, for any name: that checks nothing.
            _ => Err(Error::lasting(
                "could not set up TLS: `sslrootcert=system` takes `sslmode=verify-full` only; set that or remove one",
            )),
        }
    }
}

const MODES: [(&str, Mode); 6] = [
    ("disable", Mode::Disable),
    ("allow", Mode::Allow),
    ("prefer", Mode::Prefer),
    ("require", Mode::Require),
    ("verify-ca", Mode::VerifyCa),
    ("verify-full", Mode::VerifyFull),
];

impl Encryption {
    /// Reads certificates and key, so that a bad file is found before any connection.
    pub fn read(
        mode: Mode,
        settings: &Settings,
        source: &Source<'_>,
        warnings: &mut Vec<String>,
    ) -> Result<Encryption, Error> {
        if mode == Mode::Disable {
            return Ok(Encryption::Off);
        }
        let trust = trust(mode, settings, source, warnings)?;
        let certificate = ClientCertificate::find(settings, source)?;
        let checks_name = mode == Mode::VerifyFull;
        let connector = match certificate {
            None => TlsWhenNeeded::new(checks_name, move || builder(&trust).map(|builder| builder.build())),
            Some(certificate) => {
                let mut builder = builder(&trust).map_err(|e| broken(&e.to_string()))?;
                certificate.add(&mut builder, settings, source)?;
                let connector = builder.build();
                TlsWhenNeeded::new(checks_name, move || Ok(connector.clone()))
            }
        };
        Ok(match mode {
            Mode::Disable => Encryption::Off,
            Mode::Allow => Encryption::Allow(connector),
            Mode::Prefer => Encryption::Prefer(connector),
            Mode::Require | Mode::VerifyCa | Mode::VerifyFull => Encryption::Require(connector),
        })
    }
}

/// A root file that is there is always used, in every mode; the verify modes insist on one.
fn trust(
    mode: Mode,
    settings: &Settings,
    source: &Source<'_>,
    warnings: &mut Vec<String>,
) -> Result<Trust, Error> {
    let named = settings.text("sslrootcert");
    if named == Some("system") {
        return Ok(Trust::System);
    }
    let file = UserFile::find(settings, source, "sslrootcert", ".postgresql/root.crt");
    let authorities = file.as_ref().map(read_authorities).transpose()?.flatten();
    match (file, authorities) {
        (_, Some(authorities)) => Ok(Trust::File(authorities)),
        (file, _) if matches!(mode, Mode::VerifyCa | Mode::VerifyFull) => Err(no_root(file)),
        (Some(file), None) if file.named => {
            warnings.push(format!(
                "the root certificate {file} does not exist, so the server's certificate is not checked; \
                 set sslmode=verify-full to insist"
            ));
            Ok(Trust::Anyone)
        }
        _ => Ok(Trust::Anyone),
    }
}

fn read_authorities(file: &UserFile) -> Result<Option<Vec<X509>>, Error> {
    let broken = |cause: &str| Error::lasting(format!("could not read the root certificate {file}: {cause}"));
    let Some(pem) = file.read().map_err(|e| broken(&e.to_string()))? else { return Ok(None) };
    match X509::stack_from_pem(&pem.bytes) {
        Ok(authorities) if !authorities.is_empty() => Ok(Some(authorities)),
        _ => Err(broken(
            "it holds no PEM certificate; give it the certificate of the authority that signed the server's",
        )),
    }
}

/// Reads the system's authorities, whoever is trusted.
fn builder(trust: &Trust) -> Result<SslConnectorBuilder, ErrorStack> {
    let mut builder = SslConnector::builder(SslMethod::tls())?;
    builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    match trust {
        Trust::Anyone => builder.set_verify(SslVerifyMode::NONE),
        Trust::System => builder.set_verify(SslVerifyMode::PEER),
        Trust::File(authorities) => {
            // A store of its own: the builder's already trusts the system's authorities.
            let mut store = X509StoreBuilder::new()?;
            for authority in authorities {
                store.add_cert(authority.clone())?;
            }
            builder.set_cert_store(store.build());
            builder.set_verify(SslVerifyMode::PEER);
        }
    }
    Ok(builder)
}

fn no_root(file: Option<UserFile>) -> Error {
    let cause = match file {
        Some(file) => format!("the root certificate {file} does not exist"),
        None => "no root certificate is named and HOME is not set".into(),
    };
    broken(&format!(
        "{cause}; set sslrootcert (or PGSSLROOTCERT) to the authority's file, or to `system`, \
         or give up the check with sslmode=require"
    ))
}

fn broken(cause: &str) -> Error {
    Error::lasting(format!("could not set up TLS: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_libpqs_and_the_system_store_wants_the_strictest() {
        let read = |text| Mode::read(&Settings::from_text(text).unwrap());
        for (text, expected) in [
            ("", Mode::Prefer),
            ("sslmode=disable", Mode::Disable),
            ("sslmode=allow", Mode::Allow),
            ("sslmode=require", Mode::Require),
            ("sslmode=verify-ca", Mode::VerifyCa),
            ("sslmode=verify-full", Mode::VerifyFull),
            ("sslrootcert=system", Mode::VerifyFull),
            ("sslrootcert=system sslmode=verify-full", Mode::VerifyFull),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
        for text in [
            "sslmode=",
            "sslmode=on",
            "sslrootcert=system sslmode=require",
            "sslrootcert=system sslmode=disable",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
