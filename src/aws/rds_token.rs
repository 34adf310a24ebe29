//! The token with which an RDS database lets an IAM identity in: a signed URL without its scheme.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials as Keys;
use aws_sigv4::http_request::{SignatureLocation, SigningSettings};

use super::access::Access;
use super::region;
use super::sign::{Scope, Signed, sign};
use crate::failure::Failure;

/// RDS takes a token for this long; a connection that is open stays open.
const VALID: Duration = Duration::from_secs(900);

/// A password for `user` at `host`, to be made anew for each connection. It is one for fifteen minutes: it must
/// never be sent in clear text.
pub fn rds_token(access: &Access, host: &str, port: u16, user: &str) -> Result<String, Failure> {
    let region = access.region(region::of_rds_host(host).as_deref(), "the database's login")?;
    token(host, port, user, &region, &access.credentials().keys()?, access.clock().server_time())
}

fn token(
    host: &str,
    port: u16,
    user: &str,
    region: &str,
    keys: &Keys,
    at: SystemTime,
) -> Result<String, Failure> {
    let place = format!("{host}:{port}/?Action=connect&DBUser={}", encoded(user));
    let url = format!("https://{place}");
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(VALID);
    let scope = Scope { service: "rds-db", region, at };
    let request = Signed { method: "GET", url: &url, headers: &[], body: b"" };
    let signed = sign(&request, &scope, keys, settings)?;
    let parameters = signed.params().iter().map(|(name, value)| format!("&{name}={}", encoded(value)));
    Ok(place + &parameters.collect::<String>())
}

/// Percent-encoding of everything that is not unreserved, as signatures want it.
fn encoded(text: &str) -> String {
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if is_unreserved(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "db.abc.eu-west-1.rds.amazonaws.com";

    fn signature(session_token: Option<&str>) -> (String, String) {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let keys = Keys::new("AKIDEXAMPLE", secret, session_token.map(str::to_owned), None, "test");
        // 2026-11-24 12:00 UTC.
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_521_600);
        let token = token(HOST, 5432, "login drain", "eu-west-1", &keys, at).unwrap();
        let (before, after) = token.split_once("&X-Amz-Signature=").unwrap();
        let signature: String = after.chars().take_while(char::is_ascii_hexdigit).collect();
        (before.to_owned(), signature)
    }

    /// The signatures were made by another implementation of AWS's signing rules, with the same inputs.
    #[test]
    fn the_signature_follows_the_published_rules() {
        let (place, signed) = signature(None);
        assert!(place.starts_with(&format!("{HOST}:5432/?Action=connect&DBUser=login%20drain&")), "{place}");
        assert_eq!(signed, "6b175009f8edf044201aeab399ffbae339033bad7de319cd8046a384fd311398");
        let (_, signed) = signature(Some("AQ+/to==ken"));
        assert_eq!(signed, "e3a75b4ce56157ee5cf09715cb9274f74d732258d76997103036e78991382c68");
    }
}
