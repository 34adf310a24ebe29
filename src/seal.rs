//! How raw personal values are sealed to a public key, so that whoever stores them cannot read them back: HPKE
//! (RFC 9180) with X25519, HKDF-SHA-256 and ChaCha20-Poly1305.

use std::fmt;

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable, single_shot_open, single_shot_seal};
use ring::digest;
use serde::{Deserialize, Serialize};

type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type EncappedKey = <X25519HkdfSha256 as Kem>::EncappedKey;

/// Bytes of a public or a private key.
pub const KEY_LENGTH: usize = 32;
/// Bytes of a sealed value that name the key.
const ID_LENGTH: usize = 4;
/// Bytes of the share of the key that each sealed value brings.
const SHARE_LENGTH: usize = 32;

/// What values of ours are bound to, so that they open as nothing else.
const PURPOSE: &[u8] = b"login-drain sealed login";

/// The raw values of one login, encrypted: the id of the key, then the encapsulated key, then the ciphertext.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Seals values to one public key.
#[derive(Clone)]
pub struct Sealer {
    key: PublicKey,
    id: [u8; ID_LENGTH],
}

impl Sealer {
    /// `None` where these bytes are no key that anything can be sealed to.
    pub fn new(key: &[u8; KEY_LENGTH]) -> Option<Sealer> {
        let sealer = Sealer { key: PublicKey::from_bytes(key).ok()?, id: id_of(key) };
        sealer.seal("", None, None)?;
        Some(sealer)
    }

    /// Bound to the user: it does not open as another's.
    pub fn seal(&self, user_id: &str, ip: Option<&str>, device_id: Option<&str>) -> Option<Sealed> {
        let raw = serde_json::to_vec(&RawText { ip, device_id }).ok()?;
        let (share, ciphertext) = single_shot_seal::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeS::Base,
            &self.key,
            PURPOSE,
            &raw,
            user_id.as_bytes(),
        )
        .ok()?;
        Some(Sealed([&self.id[..], &share.to_bytes(), &ciphertext].concat()))
    }
}

#[derive(Serialize)]
struct RawText<'a> {
    ip: Option<&'a str>,
    device_id: Option<&'a str>,
}

/// What was sealed.
#[derive(Deserialize)]
pub struct Raw {
    pub ip: Option<String>,
    pub device_id: Option<String>,
}

/// Why a sealed value does not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotOpened {
    /// The id of the key that it was sealed to.
    OtherKey(String),
    /// It was changed, or moved to another user.
    Damaged,
}

/// Opens what was sealed to the public key that belongs to this private one.
pub struct Opener {
    key: PrivateKey,
    id: [u8; ID_LENGTH],
}

impl Opener {
    /// `None` where these bytes are no key.
    pub fn new(key: &[u8; KEY_LENGTH]) -> Option<Opener> {
        let key = PrivateKey::from_bytes(key).ok()?;
        let public = X25519HkdfSha256::sk_to_pk(&key).to_bytes();
        Some(Opener { key, id: id_of(&public) })
    }

    /// The id of its key, as `NotOpened` tells that of another.
    pub fn id(&self) -> String {
        hex::encode(self.id)
    }

    pub fn open(&self, user_id: &str, sealed: &[u8]) -> Result<Raw, NotOpened> {
        let (id, rest) = sealed.split_at_checked(ID_LENGTH).ok_or(NotOpened::Damaged)?;
        if id != self.id {
            return Err(NotOpened::OtherKey(hex::encode(id)));
        }
        let (share, ciphertext) = rest.split_at_checked(SHARE_LENGTH).ok_or(NotOpened::Damaged)?;
        let raw = EncappedKey::from_bytes(share).and_then(|share| {
            single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
                &OpModeR::Base,
                &self.key,
                &share,
                PURPOSE,
                ciphertext,
                user_id.as_bytes(),
            )
        });
        raw.ok().and_then(|raw| serde_json::from_slice(&raw).ok()).ok_or(NotOpened::Damaged)
    }
}

fn id_of(public_key: &[u8]) -> [u8; ID_LENGTH] {
    let digest = digest::digest(&digest::SHA256, public_key);
    let mut id = [0; ID_LENGTH];
    id.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    id
}

/// A ciphertext tells nothing, so a look at it may.
impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sealed, {} bytes", self.0.len())
    }
}

#[cfg(test)]
pub mod samples {
    use super::{KEY_LENGTH, Kem, Opener, Sealer, Serializable, X25519HkdfSha256};

    /// A pair of keys that nobody else has.
    pub fn pair() -> (Sealer, Opener) {
        let (private, public) = X25519HkdfSha256::gen_keypair();
        let bytes = |key: &[u8]| <[u8; KEY_LENGTH]>::try_from(key).unwrap();
        let sealer = Sealer::new(&bytes(&public.to_bytes())).unwrap();
        (sealer, Opener::new(&bytes(&private.to_bytes())).unwrap())
    }
}

#[cfg(test)]
mod tests {
    use super::samples::pair;
    use super::*;

    const IP: Option<&str> = Some("203.0.113.77");

    #[test]
    fn what_is_sealed_opens_for_the_private_key_alone_and_holds_nothing_readable() {
        let (sealer, opener) = pair();
        for (ip, device_id) in [(IP, Some("593-47-5928")), (None, Some("")), (None, None)] {
            let sealed = sealer.seal("anna", ip, device_id).unwrap();
            let readable = String::from_utf8_lossy(sealed.as_bytes()).into_owned();
            assert!(!readable.contains("203.") && !readable.contains("593"), "{readable}");
            let raw = opener.open("anna", sealed.as_bytes()).ok().unwrap();
            assert_eq!((raw.ip.as_deref(), raw.device_id.as_deref()), (ip, device_id));
        }
        let sealed = sealer.seal("anna", IP, None).unwrap();
        let (_, other) = pair();
        assert_eq!(other.open("anna", sealed.as_bytes()).err(), Some(NotOpened::OtherKey(opener.id())));
    }

    #[test]
    fn equal_values_are_sealed_differently_each_time() {
        let (sealer, _) = pair();
        assert!(sealer.seal("anna", IP, None) != sealer.seal("anna", IP, None));
    }

    #[test]
    fn a_value_that_was_changed_or_moved_to_another_user_does_not_open() {
        let (sealer, opener) = pair();
        let sealed = sealer.seal("anna", IP, None).unwrap();
        assert_eq!(opener.open("boris", sealed.as_bytes()).err(), Some(NotOpened::Damaged));
        for at in ID_LENGTH..sealed.as_bytes().len() {
            let mut changed = sealed.as_bytes().to_vec();
            changed[at] ^= 1;
            assert_eq!(opener.open("anna", &changed).err(), Some(NotOpened::Damaged), "byte {at}");
            assert_eq!(opener.open("anna", &changed[..at]).err(), Some(NotOpened::Damaged), "cut at {at}");
        }
    }

    #[test]
    fn bytes_that_nothing_can_be_sealed_to_are_no_key() {
        assert!(Sealer::new(&[0; KEY_LENGTH]).is_none());
    }
}
