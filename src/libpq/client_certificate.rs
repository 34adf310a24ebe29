//! The client's certificate and private key: where they lie and whether the key is private indeed.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use openssl::pkey::{PKey, Private};
use openssl::ssl::SslConnectorBuilder;

use super::error::Error;
use super::settings::Settings;
use super::source::Source;
use super::tls::read_optional;

/// Adds the certificate, if there is one. As in libpq, a certificate file that does not exist is no error:
/// most servers never ask for it.
pub fn add(builder: &mut SslConnectorBuilder, settings: &Settings, source: &Source<'_>) -> Result<(), Error> {
    let Some(certificate) = file(settings, source, "sslcert", "postgresql.crt") else { return Ok(()) };
    if read_optional(&certificate)?.is_none() {
        return Ok(());
    }
    builder
        .set_certificate_chain_file(&certificate)
        .map_err(|_| broken(&certificate, "it holds no PEM certificate"))?;
    let Some(key) = file(settings, source, "sslkey", "postgresql.key") else {
        return Err(broken(&certificate, "no private key goes with it; set sslkey (or PGSSLKEY)"));
    };
    let private = read_key(&key)?;
    let fits = builder.set_private_key(&private).and_then(|()| builder.check_private_key());
    fits.map_err(|_| broken(&key, "it does not fit the certificate"))
}

fn file(settings: &Settings, source: &Source<'_>, key: &str, default: &str) -> Option<PathBuf> {
    let named = settings.text(key).map(PathBuf::from);
    named.or_else(|| source.home_file(&format!(".postgresql/{default}")))
}

fn read_key(file: &Path) -> Result<PKey<Private>, Error> {
    let pem = read_optional(file)?.ok_or_else(|| {
        broken(file, "it does not exist, but its certificate does; set sslkey (or PGSSLKEY)")
    })?;
    let metadata = std::fs::metadata(file).map_err(|e| broken(file, &e.to_string()))?;
    // A key that root owns may be readable by a group, since only root could have meant that.
    let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    if !metadata.is_file() || metadata.permissions().mode() & forbidden != 0 {
        return Err(broken(file, "others can read it; type `chmod 0600` and its name"));
    }
    // The empty passphrase keeps OpenSSL from asking the terminal for one.
    PKey::private_key_from_pem_passphrase(&pem, b"")
        .map_err(|_| broken(file, "it is no PEM private key without a passphrase"))
}

fn broken(file: &Path, cause: &str) -> Error {
    Error::lasting(format!("could not use the client certificate file `{}`: {cause}", file.display()))
}
