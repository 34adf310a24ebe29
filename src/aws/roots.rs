//! The certificates that a server's own must lead to: the system's, or those in a file that somebody names.

use std::path::PathBuf;

use ureq::tls::{PemItem, RootCerts, parse_pem};

use crate::failure::Failure;

/// What AWS's settings say; `SSL_CERT_FILE` is OpenSSL's own.
#[derive(Debug, Clone, Default)]
pub enum Roots {
    #[default]
    System,
    /// In place of the system's: a file, and the setting that names it.
    File(PathBuf, &'static str),
}

/// Far more than all the authorities of the world.
const LARGEST: u64 = 16 * 1024 * 1024;

impl Roots {
    pub fn certificates(&self) -> Result<RootCerts, Failure> {
        let Roots::File(path, setting) = self else { return Ok(RootCerts::PlatformVerifier) };
        let refuse = |why: String| {
            Failure::lasting(format!("could not use `{}`, named by {setting}: {why}", path.display()))
        };
        let about = std::fs::metadata(path).map_err(|error| refuse(error.to_string()))?;
        if !about.is_file() || about.len() > LARGEST {
            return Err(refuse("it is no file of certificates".to_owned()));
        }
        let text = std::fs::read(path).map_err(|error| refuse(error.to_string()))?;
        let certificates = parse_pem(&text).filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        });
        let certificates: Vec<_> = certificates.collect();
        if certificates.is_empty() {
            return Err(refuse("it holds no certificate in PEM form".to_owned()));
        }
        Ok(RootCerts::Specific(certificates.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused_with_its_setting() {
        let directory = tempfile::tempdir().unwrap();
        let empty = directory.path().join("ca.pem");
        std::fs::write(&empty, "hunter2").unwrap();
        for path in [empty, directory.path().to_owned(), directory.path().join("absent")] {
            let failure = Roots::File(path, "AWS_CA_BUNDLE").certificates().unwrap_err();
            assert!(failure.text.contains("AWS_CA_BUNDLE") && !failure.text.contains("hunter2"), "{failure}");
        }
        assert!(matches!(Roots::System.certificates(), Ok(RootCerts::PlatformVerifier)));
    }
}
