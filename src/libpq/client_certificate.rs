//! The client's certificate and private key: where they lie and whether the key is private indeed.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::ssl::SslConnectorBuilder;
use openssl::x509::X509;

use super::bounded_file::BoundedFile;
use super::error::Error;
use super::settings::Settings;
use super::source::Source;
use super::user_file::UserFile;

/// A certificate file that is there.
pub struct ClientCertificate {
    file: UserFile,
    pem: Vec<u8>,
}

impl ClientCertificate {
    /// As in libpq, a certificate file that does not exist is no error: most servers never ask for it.
    pub fn find(settings: &Settings, source: &Source<'_>) -> Result<Option<ClientCertificate>, Error> {
        let Some(file) = UserFile::find(settings, source, "sslcert", ".postgresql/postgresql.crt") else {
            return Ok(None);
        };
        let pem = file.read().map_err(|e| broken(&file, &e.to_string()))?;
        Ok(pem.map(|pem| ClientCertificate { file, pem: pem.bytes }))
    }

    /// Adds it, with the private key that goes with it.
    pub fn add(
        &self,
        builder: &mut SslConnectorBuilder,
        settings: &Settings,
        source: &Source<'_>,
    ) -> Result<(), Error> {
        add_chain(builder, &self.pem).map_err(|_| broken(&self.file, "it holds no PEM certificate"))?;
        let Some(key) = UserFile::find(settings, source, "sslkey", ".postgresql/postgresql.key") else {
            return Err(broken(&self.file, "no private key goes with it; set sslkey (or PGSSLKEY)"));
        };
        let private = read_key(&key)?;
        let fits = builder.set_private_key(&private).and_then(|()| builder.check_private_key());
        fits.map_err(|_| broken(&key, "it does not fit the certificate"))
    }
}

/// The client's certificate comes first, those of the authorities between it and the root after it.
fn add_chain(builder: &mut SslConnectorBuilder, pem: &[u8]) -> Result<(), ErrorStack> {
    let mut chain = X509::stack_from_pem(pem)?.into_iter();
    builder.set_certificate(&*chain.next().ok_or_else(ErrorStack::get)?)?;
    chain.try_for_each(|authority| builder.add_extra_chain_cert(authority))
}

fn read_key(file: &UserFile) -> Result<PKey<Private>, Error> {
    let Some(BoundedFile { bytes, metadata }) = file.read().map_err(|e| broken(file, &e.to_string()))? else {
        return Err(broken(file, "it does not exist, but its certificate does; set sslkey (or PGSSLKEY)"));
    };
    // A key that root owns may be readable by a group, since only root could have meant that.
    let forbidden = if metadata.uid() == 0 { 0o037 } else { 0o077 };
    if metadata.permissions().mode() & forbidden != 0 {
        return Err(broken(file, "others can read it; type `chmod 0600` and its name"));
    }
    // The empty passphrase keeps OpenSSL from asking the terminal for one.
    PKey::private_key_from_pem_passphrase(&bytes, b"")
        .map_err(|_| broken(file, "it is no PEM private key without a passphrase"))
}

fn broken(file: &UserFile, cause: &str) -> Error {
    Error::lasting(format!("could not use the client certificate file {file}: {cause}"))
}
