//! The rule against values in the wrong field: a producer that swapped fields must not fill the table with raw values.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::login::Login;
use crate::reject::{Reason, Rejection};

/// A shorter device id ("unknown", "ios") may stand in another field by chance, and tells nobody apart. So may a
/// shorter text that a producer sends as ip and that is no address.
const SHORTEST_TELLING: usize = 8;

/// A longer text is looked at in any case: its weight could be more than a byte holds.
const LONGEST_WEIGHED: usize = 85;

/// Guests whose user_id is their device id, and the version 2.3.0.1, are no swap.
pub fn check(login: &Login<'_>) -> Result<(), Rejection> {
    let user_id = Place::new("user_id", login.user_id);
    let app_version = Place::new("app_version", login.app_version);
    let device_type = Place::new("device_type", login.device_type);
    let ip = Place::new("ip", login.ip.unwrap_or_default());
    let locale = Place::new("locale", login.locale.unwrap_or_default());
    let device_id = Place::new("device_id", login.device_id.unwrap_or_default());

    if let Some(place) = [user_id, device_type, locale].iter().find(|place| place.is_address()) {
        return Err(misplaced(place, "is an IP address"));
    }
    let own_ip = if ip.may_hold_address { Own::Address(ip.text) } else { Own::text(ip.text) };
    let others = [user_id, app_version, device_type, locale, device_id];
    if let Some(place) = others.iter().find(|place| own_ip.is_in(place)) {
        return Err(misplaced(place, "holds the ip"));
    }
    let own_device_id = Own::text(device_id.text);
    // An address holds no device id but one that is equal to it, and that was found above.
    let others = [app_version, device_type, locale, if ip.may_hold_address { locale } else { ip }];
    if let Some(place) = others.iter().find(|place| own_device_id.is_in(place)) {
        return Err(misplaced(place, "holds the device_id"));
    }
    Ok(())
}

fn misplaced(place: &Place<'_>, what: &str) -> Rejection {
    let detail = format!("{} {what}: has the producer swapped fields?", place.name);
    Rejection::new(Reason::MisplacedValue, detail)
}

/// A field in which something may stand that does not belong there.
#[derive(Clone, Copy)]
struct Place<'a> {
    name: &'static str,
    text: &'a str,
    /// False for most texts, which need no closer look then.
    may_hold_address: bool,
}

impl<'a> Place<'a> {
    fn new(name: &'static str, text: &'a str) -> Place<'a> {
        // Three dots, or a colon, plain or percent-encoded. Summed up without a branch, which is several times faster.
        let weigh = |byte: u8| u8::from(byte == b'.') | (u8::from((byte == b':') | (byte == b'%')) * 3);
        let weight = text.bytes().fold(0_u8, |sum, byte| sum.wrapping_add(weigh(byte)));
        Place { name, text, may_hold_address: weight >= 3 || text.len() > LONGEST_WEIGHED }
    }

    /// Whether an address is all that the text says.
    fn is_address(&self) -> bool {
        self.may_hold_address
            && (self.text.parse::<IpAddr>().is_ok() || addresses(&letters(self.text)).is_some())
    }
}

/// A value of the message's own that may stand in its own field only.
enum Own<'a> {
    /// What may be an address, or several as proxies list them.
    Address(&'a str),
    Text(&'a str),
    /// Blank, or too short to tell anybody apart.
    Nothing,
}

impl<'a> Own<'a> {
    fn text(text: &'a str) -> Own<'a> {
        let text = text.trim();
        if text.len() < SHORTEST_TELLING { Own::Nothing } else { Own::Text(text) }
    }

    fn is_in(&self, place: &Place<'_>) -> bool {
        match self {
            Own::Nothing => false,
            Own::Address(own) => place.may_hold_address && holds_address(place.text, own),
            Own::Text(own) => {
                place.text.len() >= SHORTEST_TELLING
                    && may_hold_letters(place.text, own)
                    && holds_text(place.text, own)
            }
        }
    }
}

/// A quick no for most texts: they lack a letter of the other one.
fn may_hold_letters(text: &str, own: &str) -> bool {
    let letters = |text: &str| {
        text.bytes()
            .filter(u8::is_ascii_alphanumeric)
            .fold(0, |set, byte| set | 1_u128 << byte.to_ascii_lowercase())
    };
    !text.is_ascii() || text.contains('%') || letters(own) & !letters(text) == 0
}

/// Whether letters are the same, in whatever case and with whatever signs between them.
fn holds_text(text: &str, own: &str) -> bool {
    if own.chars().count() < SHORTEST_TELLING {
        return false;
    }
    let (plain, folded) = (letters(own), folded(own));
    letters(text).contains(plain.as_ref())
        || folded.chars().count() >= SHORTEST_TELLING && self::folded(text).contains(&folded)
}

fn folded(text: &str) -> String {
    letters(text).chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether one of the addresses stands in the text, whole: 10.0.0.1 is not in 10.0.0.12.
fn holds_address(text: &str, own: &str) -> bool {
    let text = letters(text).to_ascii_lowercase();
    let spelt = own.trim().to_ascii_lowercase();
    if spelt.len() >= SHORTEST_TELLING && spelt.contains(':') && text.contains(&spelt) {
        return true;
    }
    let Some(own) = addresses(&letters(own)) else { return holds_text(&text, own) };
    if addresses(&text).unwrap_or_default().iter().any(|address| own.contains(address)) {
        return true;
    }
    let holds = |run: &str| address(run.trim_matches(['.', ':'])).is_some_and(|found| own.contains(&found));
    let is_of_number = |letter: char| letter.is_ascii_digit() || letter == '.';
    let is_of_address = |letter: char| letter.is_ascii_hexdigit() || matches!(letter, '.' | ':');
    text.split(|letter| !is_of_number(letter)).any(holds)
        || text.split(|letter| !is_of_address(letter)).any(holds)
}

/// The addresses that a text is made of, in one spelling; `None` where it says anything else.
fn addresses(text: &str) -> Option<Vec<IpAddr>> {
    let parts = text.split(|letter: char| letter.is_whitespace() || matches!(letter, ',' | ';'));
    let found: Option<Vec<IpAddr>> = parts.filter(|part| !part.is_empty()).map(address).collect();
    found.filter(|found| !found.is_empty())
}

/// One address: with a port, a prefix length or a zone, in brackets or quotes, or with zeros in front of its numbers.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim_matches(|letter: char| {
        letter.is_control() || matches!(letter, '"' | '\'' | '<' | '>' | '(' | ')')
    });
    if let Ok(with_port) = text.parse::<SocketAddr>() {
        return Some(with_port.ip().to_canonical());
    }
    let text = text.trim_matches(['[', ']']);
    let text = text.split_once(['/', '%']).map_or(text, |(address, _)| address);
    let parsed = text.parse::<IpAddr>().ok().or_else(|| with_leading_zeros(text));
    parsed.map(|address| address.to_canonical())
}

/// "010.001.002.003", as some systems pad their numbers.
fn with_leading_zeros(text: &str) -> Option<IpAddr> {
    let number = |part: &str| {
        let digits = (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        if digits { part.parse::<u8>().ok() } else { None }
    };
    let numbers: Vec<u8> = text.split('.').map(number).collect::<Option<_>>()?;
    <[u8; 4]>::try_from(numbers).ok().map(|octets| IpAddr::V4(Ipv4Addr::from(octets)))
}

/// The text with its percent-encoding undone, as far as it has one.
fn letters(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'%').and_then(|digits| hex::decode(digits).ok());
        match hex {
            Some(byte) => {
                bytes.extend(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Login<'static> {
        Login {
            user_id: "424cdd21-063a-43a7-b91b-7ca1a833afae",
            app_version: "2.3.0",
            device_type: "android",
            ip: Some("203.0.113.77"),
            locale: Some("RU"),
            device_id: Some("abcdefgh-ijk-lmno"),
        }
    }

    fn told(login: &Login<'_>) -> String {
        check(login)
            .err()
            .map(|rejection| rejection.detail.replace(": has the producer swapped fields?", ""))
            .unwrap_or_default()
    }

    #[test]
    fn an_address_is_one_however_it_is_spelled() {
        for text in [
            "203.0.113.77",
            " 203.0.113.77\n",
            "203.0.113.77:8080",
            "203.0.113.0/24",
            "203.000.113.077",
            "203%2E0%2E113%2e77",
            "\"203.0.113.77\"",
            "198.51.100.1, 203.0.113.77",
            "2001:db8::feed:beef",
            "[2001:DB8::FEED:BEEF]",
            "[2001:db8::1]:443",
            "2001%3Adb8%3A%3Afeed%3Abeef",
            "fe80::1%eth0",
            "::ffff:203.0.113.77",
            "203.0.113.77\0",
        ] {
            assert!(Place::new("locale", text).is_address(), "{text:?}");
            assert_eq!(told(&Login { user_id: text, ..sample() }), "user_id is an IP address", "{text:?}");
            assert_eq!(
                told(&Login { device_type: text, ..sample() }),
                "device_type is an IP address",
                "{text:?}"
            );
            assert_eq!(
                told(&Login { locale: Some(text), ..sample() }),
                "locale is an IP address",
                "{text:?}"
            );
        }
        for text in [
            "",
            "RU",
            "2.3.0",
            "10.0.19045.2965",
            "1.2.3",
            "1.2.3.4.5",
            "anna@example.org",
            "a:b",
            "12:30:45",
            "::x",
            "100%",
            ", ,",
            "aa:bb:cc:dd:ee:ff",
        ] {
            assert!(!Place::new("locale", text).is_address(), "{text:?}");
        }
    }

    #[test]
    fn the_own_ip_is_found_in_every_other_field_and_only_whole() {
        let v4 = sample();
        let v6 = Login { ip: Some("2001:db8::feed:beef"), ..sample() };
        assert_eq!(told(&Login { user_id: "guest-203.0.113.77", ..v4 }), "user_id holds the ip");
        assert_eq!(told(&Login { app_version: "203.0.113.77", ..sample() }), "app_version holds the ip");
        assert_eq!(told(&Login { device_id: Some("203.0.113.77"), ..sample() }), "device_id holds the ip");
        assert_eq!(told(&Login { locale: Some("RU;203.0.113.77;"), ..sample() }), "locale holds the ip");
        assert_eq!(told(&Login { device_type: "x203.0.113.77x", ..sample() }), "device_type holds the ip");
        assert_eq!(told(&Login { user_id: "u/2001:DB8::feed:beef/1", ..v6 }), "user_id holds the ip");
        let with_port = Login { ip: Some("203.0.113.77:443"), user_id: "guest@203.0.113.77", ..sample() };
        assert_eq!(told(&with_port), "user_id holds the ip");
        for user_id in ["guest-203.0.113.7", "guest-203.0.113.778", "1203.0.113.77", "guest-1.203.0.113.77"] {
            assert_eq!(told(&Login { user_id, ..sample() }), "", "{user_id}");
        }
    }

    #[test]
    fn the_own_device_id_is_found_in_every_other_field_but_user_id() {
        assert_eq!(told(&Login { user_id: "abcdefgh-ijk-lmno", ..sample() }), "");
        assert_eq!(
            told(&Login { device_type: "abcdefgh-ijk-lmno", ..sample() }),
            "device_type holds the device_id"
        );
        assert_eq!(
            told(&Login { device_type: "ios ABCDEFGHIJKLMNO", ..sample() }),
            "device_type holds the device_id"
        );
        assert_eq!(
            told(&Login { locale: Some("{abcdefgh%2Dijk%2Dlmno}"), ..sample() }),
            "locale holds the device_id"
        );
        assert_eq!(told(&Login { ip: Some("abcdefgh-ijk-lmno "), ..sample() }), "device_id holds the ip");
        assert_eq!(
            told(&Login { app_version: "12345678", device_id: Some("12345678"), ..sample() }),
            "app_version holds the device_id"
        );
    }

    #[test]
    fn what_producers_send_for_a_blank_is_no_swap() {
        for blank in ["", " ", "-", "unknown", "null", "N/A", "0", "ios"] {
            let all = Login {
                user_id: "anna",
                app_version: "0",
                device_type: blank,
                ip: Some(blank),
                locale: Some(blank),
                device_id: Some(blank),
            };
            assert_eq!(told(&all), "", "{blank:?}");
        }
        assert_eq!(
            told(&Login { app_version: "2.3.0.1", ip: None, locale: None, device_id: None, ..sample() }),
            ""
        );
        assert_eq!(told(&Login { device_type: "--------", device_id: Some("########"), ..sample() }), "");
        assert_eq!(
            told(&Login { device_type: "iPhone15,2", device_id: Some("iPhone15,2-0001"), ..sample() }),
            ""
        );
    }
}
