//! Bodies that nobody should send, the same for the same seed. Personal values in them begin like the markers.

use kit::sqs_server::Random;

const IP: &str = "203.113.7.9";
const DEVICE: &str = "771-66-0001";

/// Texts to stand where a value or a part of one is expected.
const TEXTS: [&str; 22] = [
    "",
    "x",
    "null",
    "\\u0000",
    "\\ud800",
    "\\udfff\\ud800",
    "\\u202e\\u0007",
    "\u{202e}gro.elpmaxe",
    "\u{feff}",
    "\u{1}\u{1f}",
    "\u{0}",
    "\u{fffe}",
    "🦀🦀🦀",
    "é\u{301}",
    "'; DROP TABLE user_logins; --",
    "$1",
    "%s%n",
    "\\\\",
    "\\\"",
    "<Message><Body>",
    "]]>&amp;",
    "203.113.7.9",
];
const VALUES: [&str; 16] = [
    "null",
    "true",
    "0",
    "-1",
    "1e400",
    "1e-400",
    "-0.0",
    "9223372036854775808",
    "77166771",
    "[]",
    "{}",
    "[[[[]]]]",
    "{\"ip\": \"203.113.7.9\"}",
    "NaN",
    "\"2.3.0\"",
    "nul",
];
const KEYS: [&str; 8] =
    ["user_id", "app_version", "device_type", "ip", "locale", "device_id", "Type", "Message"];

fn pick<'a>(random: &mut Random, choices: &[&'a str]) -> &'a str {
    choices[random.below(choices.len() as u64) as usize]
}

/// One body of a random kind; about a third could be rows.
pub fn any(random: &mut Random) -> String {
    match random.below(1000) {
        0..250 => object(random),
        250..450 => cut(&valid(random), random),
        450..600 => flipped(valid(random), random),
        600..650 => envelope(random),
        650..690 => pick(random, &TEXTS).repeat(1 + random.below(300) as usize) + " ",
        690..700 => "[".repeat(random.below(200_000) as usize + 1),
        700..705 => "{\"a\":".repeat(random.below(100_000) as usize + 1),
        705..706 => megabyte(random.below(6)),
        _ => valid(random),
    }
}

fn valid(random: &mut Random) -> String {
    let user = random.uuid();
    format!(
        r#"{{"user_id": "{user}", "app_version": "2.{}.0", "device_type": "ios", "ip": "{IP}", "locale": null, "device_id": "{DEVICE}"}}"#,
        random.below(100)
    )
}

/// An object whose keys may repeat or lack, and whose values are of any type.
fn object(random: &mut Random) -> String {
    let mut members = Vec::new();
    for key in KEYS {
        for _ in 0..random.below(3) {
            members.push(format!("\"{key}\": {}", value(random)));
        }
    }
    format!("{{{}}}", members.join(","))
}

fn value(random: &mut Random) -> String {
    match random.below(3) {
        0 => pick(random, &VALUES).to_string(),
        1 => format!("\"{}\"", pick(random, &TEXTS).repeat(1 + random.below(40) as usize)),
        _ => format!("\"{}\"", random.below(1000)),
    }
}

fn envelope(random: &mut Random) -> String {
    let inner = if random.chance(0.5) { valid(random) } else { object(random) };
    let message = serde_json::to_string(&inner).unwrap();
    format!(r#"{{"Type": "Notification", "MessageId": "x", "Message": {message}}}"#)
}

fn cut(text: &str, random: &mut Random) -> String {
    text[..1 + random.below(text.len() as u64 - 1) as usize].to_string()
}

fn flipped(text: String, random: &mut Random) -> String {
    let mut bytes = text.into_bytes();
    for _ in 0..=random.below(3) {
        let place = random.below(bytes.len() as u64) as usize;
        bytes[place] = random.below(128) as u8;
    }
    String::from_utf8(bytes).unwrap()
}

/// 1 MiB in one of several ways.
pub fn megabyte(kind: u64) -> String {
    const SIZE: usize = 1024 * 1024 - 1024;
    match kind % 6 {
        0 => "x".repeat(SIZE),
        1 => "\"".repeat(SIZE),
        2 => "[".repeat(SIZE),
        3 => format!(r#"{{"user_id": "{}"}}"#, "é".repeat(SIZE / 2)),
        4 => format!(r#"{{"ip": "{IP}", "x": [{}0]}}"#, "1,".repeat(SIZE / 2)),
        _ => format!(r#"{{"user_id": "u", {}"ip": "{IP}"}}"#, "\"ip\": \"1\",".repeat(SIZE / 10)),
    }
}

/// One of each kind; none can be a row.
pub fn poison() -> Vec<String> {
    let with = |key: &str, value: &str| {
        let mut members = vec![format!("\"{key}\": {value}")];
        let usual = [
            ("user_id", "\"u\""),
            ("app_version", "\"1.0\""),
            ("device_type", "\"ios\""),
            ("ip", "\"203.113.7.9\""),
            ("locale", "null"),
            ("device_id", "\"771-66-0001\""),
        ];
        members.extend(
            usual.iter().filter(|usual| usual.0 != key).map(|(key, value)| format!("\"{key}\": {value}")),
        );
        format!("{{{}}}", members.join(","))
    };
    let mut all = vec![
        "no json at all, from 203.113.7.9".to_string(),
        "{\"ip\": \"203.113.7.9\"".to_string(),
        "[]".to_string(),
        "\"text\"".to_string(),
        " ".to_string(),
        "[".repeat(200_000),
        "{\"a\":".repeat(200_000),
        with("user_id", "\"a\\u0000b\""),
        with("user_id", "\"\\ud800\""),
        with("user_id", &format!("\"{}\"", "x".repeat(300))),
        with("locale", &format!("\"{}\"", "🦀".repeat(33))),
        with("device_type", "null"),
        with("user_id", "7"),
        with("app_version", "1e400"),
        with("app_version", "\"2147483648\""),
        with("app_version", "\"٣.١\""),
        with("ip", "2031131"),
        with("device_id", "77166771"),
        with("device_id", "{\"value\": 77166771}"),
        with("ip", "[\"203.113.7.9\"]"),
        format!("{{\"{IP}\": 1}}"),
        format!("{{\"user_id\": 1, \"{DEVICE}\": \"{IP}\"}}"),
    ];
    all.push(megabyte(1));
    all
}
