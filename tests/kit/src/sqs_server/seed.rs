//! Made-up login events that look like the real ones, the same for the same seed.

use super::random::Random;

const DEVICES: [&str; 4] = ["android", "ios", "android", "web"];
const VERSIONS: [&str; 5] = ["2.3.0", "2.3.1", "0.26", "1.4.12", "3.0.0"];
const LOCALES: [&str; 6] = ["RU", "US", "DE", "BR", "IN", "FR"];

/// One event's JSON text; a third of them have no locale.
pub fn login_event(random: &mut Random) -> String {
    let user = random.uuid();
    let version = pick(random, &VERSIONS);
    let device = pick(random, &DEVICES);
    let ip = format!("199.{}.{}.{}", random.below(256), random.below(256), random.below(256));
    let locale = match random.below(3) {
        0 => "null".to_string(),
        _ => format!("\"{}\"", pick(random, &LOCALES)),
    };
    let (area, group, serial) = (random.below(900), random.below(100), random.below(10_000));
    format!(
        "{{\"user_id\": \"{user}\", \"app_version\": \"{version}\", \"device_type\": \"{device}\", \
         \"ip\": \"{ip}\", \"locale\": {locale}, \"device_id\": \"{area:03}-{group:02}-{serial:04}\"}}"
    )
}

fn pick<'a>(random: &mut Random, choices: &[&'a str]) -> &'a str {
    choices[random.below(choices.len() as u64) as usize]
}
