//! The files that OpenSSL reads by itself, before anybody could set it a limit: regular ones.

use std::path::Path;

use super::environment::Environment;
use super::exposure::unreadable;
use crate::failure::Failure;

/// Larger than any list of authorities.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Fails over a pipe, at which OpenSSL would wait for ever, a device, and a file without end. One that is not
/// there, and the null device, are as good as none.
pub fn check(environment: &Environment) -> Result<(), Failure> {
    ["SSL_CERT_FILE", "OPENSSL_CONF"].into_iter().try_for_each(|variable| {
        let Some(file) = environment.get(variable) else { return Ok(()) };
        let file = Path::new(&file);
        match std::fs::metadata(file) {
            Ok(there) if there.is_file() && there.len() <= LARGEST => Ok(()),
            Ok(_) if file != Path::new("/dev/null") => {
                let error = std::io::Error::other("it is not a regular file of at most 16 MiB");
                Err(unreadable(file, variable, &error))
            }
            Ok(_) | Err(_) => Ok(()),
        }
    })
}
