//! How a personal value becomes a mask: SHA-256, or HMAC-SHA-256 with a key from a file.

mod randomness;

use std::fmt;
use std::net::IpAddr;

use clap::ValueEnum;
pub use randomness::looks_random;
use ring::{digest, hmac};

/// A mask: the only form in which an ip or a device id may leave the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked(String);

impl Masked {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Turns values into masks. Equal values give equal masks, so joins and distinct counts still work.
#[derive(Clone)]
pub enum Masker {
    /// Lower-case hex of SHA-256 of the exact text: joins with rows stored before masks had keys.
    Plain,
    /// HMAC-SHA-256, stored as `<key id>:<hex>`.
    Keyed(MaskKey),
}

/// What is masked. The name goes into the keyed mask, so that an ip and an equal device id differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum Personal {
    Ip,
    DeviceId,
}

impl Personal {
    pub fn name(self) -> &'static str {
        match self {
            Personal::Ip => "ip",
            Personal::DeviceId => "device_id",
        }
    }
}

impl Masker {
    /// Characters of each mask.
    pub fn width(&self) -> usize {
        self.mask(Personal::Ip, None).as_str().len()
    }

    /// The mask of a value; `None` is a blank and masked as the empty text.
    pub fn mask(&self, kind: Personal, value: Option<&str>) -> Masked {
        let value = value.unwrap_or_default();
        match self {
            Masker::Plain => Masked(lower_hex(digest::digest(&digest::SHA256, value.as_bytes()).as_ref())),
            Masker::Keyed(key) => key.mask(kind, value),
        }
    }
}

/// A masking key and the id that its masks begin with.
#[derive(Clone)]
pub struct MaskKey {
    key: hmac::Key,
    /// Eight hex digits that name the key without telling it.
    id: String,
}

/// Bytes that a key must have at least: as many as SHA-256 gives.
pub const SHORTEST_KEY: usize = 32;

impl MaskKey {
    /// Makes a key of secret bytes, or says why they are no key. The id is derived from the key.
    pub fn new(secret: &[u8]) -> Result<MaskKey, WeakKey> {
        if secret.len() < SHORTEST_KEY {
            return Err(WeakKey::TooShort { found: secret.len() });
        }
        if secret.iter().all(|byte| Some(byte) == secret.first()) {
            return Err(WeakKey::OneByteRepeated);
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let tag = hex::encode(hmac::sign(&key, b"login-drain key id"));
        Ok(MaskKey { key, id: tag.chars().take(8).collect() })
    }

    /// Stands before the colon of each mask, and tells the masks of one key from those of another.
    pub fn id(&self) -> &str {
        &self.id
    }

    fn mask(&self, kind: Personal, value: &str) -> Masked {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(kind.name().as_bytes());
        context.update(b"\0");
        match kind {
            Personal::Ip => context.update(canonical_ip(value).as_bytes()),
            Personal::DeviceId => context.update(value.as_bytes()),
        }
        Masked(format!("{}:{}", self.id, lower_hex(context.sign().as_ref())))
    }
}

/// Lower-case hex. `hex::encode` writes letter by letter, which took a quarter of the time of a whole login.
fn lower_hex(bytes: &[u8]) -> String {
    let mut letters = vec![0; 2 * bytes.len()];
    match hex::encode_to_slice(bytes, &mut letters).map(|()| String::from_utf8(letters)) {
        Ok(Ok(letters)) => letters,
        _ => hex::encode(bytes),
    }
}

/// One spelling for one address; an IPv4 address mapped into IPv6 is the IPv4 address.
fn canonical_ip(value: &str) -> String {
    value.parse::<IpAddr>().map_or_else(|_| value.to_owned(), |address| address.to_canonical().to_string())
}

/// Why bytes are no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeakKey {
    TooShort { found: usize },
    OneByteRepeated,
}

impl fmt::Display for WeakKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WeakKey::TooShort { found } => {
                write!(f, "it has {found} bytes, a key needs {SHORTEST_KEY} or more")
            }
            WeakKey::OneByteRepeated => f.write_str("it is one byte repeated"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keyed(secret: &[u8; 32]) -> Masker {
        Masker::Keyed(MaskKey::new(secret).ok().unwrap())
    }

    const KEY: &[u8; 32] = b"0123456789abcdef0123456789abcdef";

    #[test]
    fn the_plain_mask_is_the_published_sha_256() {
        let table = [
            (None, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (Some(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (Some("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ];
        for (value, mask) in table {
            assert_eq!(Masker::Plain.mask(Personal::Ip, value).as_str(), mask);
        }
    }

    #[test]
    fn a_keyed_mask_tells_kinds_and_keys_apart_and_fits_its_column() {
        let ip = keyed(KEY).mask(Personal::Ip, Some("10.0.0.1"));
        let device = keyed(KEY).mask(Personal::DeviceId, Some("10.0.0.1"));
        let other_key = keyed(b"fedcba9876543210fedcba9876543210").mask(Personal::Ip, Some("10.0.0.1"));
        assert_ne!(ip, device);
        assert_ne!(ip, other_key);
        assert_eq!(ip.as_str().len(), 8 + 1 + 64);
    }

    #[test]
    fn a_keyed_mask_is_the_hmac_of_label_and_value() {
        // Computed with: printf 'device_id\0abc' | openssl dgst -sha256 -mac HMAC -macopt key:<KEY>
        let mask = keyed(KEY).mask(Personal::DeviceId, Some("abc"));
        assert_eq!(mask.as_str().split(':').nth(1), Some(HMAC_OF_ABC));
    }
    const HMAC_OF_ABC: &str = "ce67bb7fe96a6d30e52032301852742926019d8b73723af4eac6406ca83f79e7";

    #[test]
    fn one_address_has_one_keyed_mask_however_it_is_spelled() {
        let mask = |ip| keyed(KEY).mask(Personal::Ip, Some(ip));
        assert_eq!(mask("::ffff:10.0.0.1"), mask("10.0.0.1"));
        assert_eq!(mask("2001:DB8:0:0::1"), mask("2001:db8::1"));
        assert_ne!(mask("10.0.0.1 "), mask("10.0.0.1"));
    }

    #[test]
    fn a_weak_key_is_refused() {
        assert_eq!(MaskKey::new(&[1; 31]).err(), Some(WeakKey::TooShort { found: 31 }));
        assert_eq!(MaskKey::new(&[0; 32]).err(), Some(WeakKey::OneByteRepeated));
        assert_eq!(MaskKey::new(b"").err(), Some(WeakKey::TooShort { found: 0 }));
    }

    proptest! {
        #[test]
        fn a_mask_never_shows_its_value(value in "[g-z]{4,40}") {
            for masker in [Masker::Plain, keyed(KEY)] {
                prop_assert!(!masker.mask(Personal::DeviceId, Some(&value)).as_str().contains(&value));
            }
        }
    }
}
