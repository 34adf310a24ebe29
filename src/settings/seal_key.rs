//! The reading of the keys that raw values are sealed to and opened with, as `openssl genpkey` and `openssl pkey`
//! write them.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use openssl::pkey::{Id, PKey};

use super::exposure::unreadable;
use crate::failure::Failure;
use crate::libpq::bounded_file::{self, BoundedFile};
use crate::seal::{KEY_LENGTH, Opener, Sealer};

/// Of the group and of all.
const BY_OTHERS: u32 = 0o077;

const MAKE_PRIVATE: &str = "openssl genpkey -algorithm X25519 -out officer.key";
const MAKE_PUBLIC: &str = "openssl pkey -in officer.key -pubout -out officer.pub";

/// Whoever drains must not have the private key: a file that holds one is refused.
pub fn sealer(file: Option<&Path>) -> Result<Option<Sealer>, Failure> {
    file.map(read_public).transpose()
}

fn read_public(file: &Path) -> Result<Sealer, Failure> {
    let pem = bounded_file::read(file).map_err(|error| unreadable(file, "--seal-to", &error))?.bytes;
    if String::from_utf8_lossy(&pem).contains("PRIVATE KEY-----") {
        return Err(Failure::lasting(format!(
            "`{}`, named by --seal-to, holds a private key, which must not be where logins are drained: \
             make the public one of it with `{MAKE_PUBLIC}`",
            file.display()
        )));
    }
    let key = PKey::public_key_from_pem(&pem).ok().filter(|key| key.id() == Id::X25519);
    let bytes = key.and_then(|key| key.raw_public_key().ok());
    bytes.and_then(|bytes| Sealer::new(&exactly(&bytes)?)).ok_or_else(|| {
        Failure::lasting(format!(
            "`{}`, named by --seal-to, holds no X25519 public key: make one with `{MAKE_PRIVATE}` and `{MAKE_PUBLIC}`",
            file.display()
        ))
    })
}

/// The key that reads what was sealed: nobody else may be able to.
pub fn opener(file: &Path) -> Result<Opener, Failure> {
    let unreadable = |error| unreadable(file, "--key", &error);
    let BoundedFile { bytes: pem, metadata } = bounded_file::read(file).map_err(unreadable)?;
    if metadata.permissions().mode() & BY_OTHERS != 0 {
        return Err(Failure::lasting(format!(
            "other users of this machine may read or change the private key in `{0}`: run `chmod 600 {0}`",
            file.display()
        )));
    }
    let key = PKey::private_key_from_pem_passphrase(&pem, b"").ok().filter(|key| key.id() == Id::X25519);
    let bytes = key.and_then(|key| key.raw_private_key().ok());
    bytes.and_then(|bytes| Opener::new(&exactly(&bytes)?)).ok_or_else(|| {
        Failure::lasting(format!(
            "`{}`, named by --key, holds no X25519 private key that can be read without a passphrase: \
             take away its passphrase, or make a key with `{MAKE_PRIVATE}`",
            file.display()
        ))
    })
}

fn exactly(bytes: &[u8]) -> Option<[u8; KEY_LENGTH]> {
    bytes.try_into().ok()
}
