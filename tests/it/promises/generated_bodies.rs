//! Bodies made up at random, wrapped, hostile and misplaced: no eight characters in a row of any address or device
//! id are readable in a table, an output or the server's log.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use kit::sqs_server::Random;
use kit::{Cluster, Program, Scene};

const BODIES: usize = 300;
/// So many characters in a row tell something.
const TELLING: usize = 8;

struct Made {
    body: String,
    secrets: [String; 2],
}

fn pick<'a, T>(random: &mut Random, from: &'a [T]) -> &'a T {
    &from[random.below(from.len() as u64) as usize]
}

/// Of letters that occur eight in a row in no other field and no text of ours, or a real address.
fn ip(random: &mut Random) -> String {
    let part = |random: &mut Random| format!("{:x}", 0x1000 + random.below(0xefff));
    match random.below(4) {
        0 => (0..8).map(|_| part(random)).collect::<Vec<_>>().join(":"),
        1 => format!("2001:db8::{}:{}", part(random), part(random)),
        2 => (0..4).map(|_| (100 + random.below(156)).to_string()).collect::<Vec<_>>().join("."),
        _ => letters(random, &['j', 'q', 'J', 'Q']),
    }
}

fn letters(random: &mut Random, from: &[char]) -> String {
    (0..12 + random.below(20)).map(|_| *pick(random, from)).collect()
}

fn wrap(random: &mut Random, body: &str) -> String {
    let object = || serde_json::from_str(body).unwrap_or_else(|_| Value::from(body));
    match random.below(9) {
        0 => json!(body).to_string(),
        1 => STANDARD.encode(body),
        2 => URL_SAFE_NO_PAD.encode(body),
        3 => {
            let base64 = STANDARD.encode(body);
            base64.as_bytes().chunks(76).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n")
        }
        4 => json!({"Type": "Notification", "TopicArn": "t", "Message": body}).to_string(),
        5 => json!({"detail-type": "login", "source": "app", "detail": object()}).to_string(),
        6 => json!({"specversion": "1.0", "type": "login", "data": object()}).to_string(),
        7 => json!({"specversion": "1.0", "data_base64": STANDARD.encode(body)}).to_string(),
        _ => format!("\u{feff} \n{body}\r\n"),
    }
}

/// How a value may stand where it does not belong.
fn dressed(random: &mut Random, value: &str) -> String {
    match random.below(5) {
        0 => value.to_owned(),
        1 => format!(" {value}\t"),
        2 => format!("from {value}, or so"),
        3 => value.to_uppercase(),
        _ => format!("[{value}]"),
    }
}

fn body(random: &mut Random, number: usize, ip: &str, device_id: &str) -> String {
    let mut login = json!({
        "user_id": format!("user {}", number % 200), "app_version": "2.3.0", "device_type": "android", "ip": ip,
        "locale": pick(random, &["RU", "DE", "XX"]), "device_id": device_id,
    });
    let value = if random.below(2) == 0 { ip } else { device_id };
    match random.below(16) {
        0..=4 => {}
        5 | 6 => {
            let field = *pick(random, &["app_version", "device_type", "locale"]);
            login[field] = json!(dressed(random, value));
        }
        7 => login["user_id"] = json!(dressed(random, ip)),
        8 => login[dressed(random, value)] = json!({ value: [value] }),
        9 => login["device_id"] = json!({ device_id: [ip] }),
        10 => login["locale"] = json!(value.repeat(20)),
        11 => login["device_type"] = json!(format!("andr\u{0}{value}")),
        12 => {
            let text = login.to_string();
            return text.chars().take(random.below(text.chars().count() as u64) as usize + 1).collect();
        }
        13 => return json!(["software.amazon.payloadoffloading.PayloadS3Pointer", {"s3BucketName": ip, "s3Key": device_id}]).to_string(),
        14 => return json!({"Type": "SubscriptionConfirmation", "Token": device_id, "SubscribeURL": ip, "Message": value}).to_string(),
        _ => return format!("<login ip='{ip}'>{device_id}</login>"),
    }
    match random.below(8) {
        0 => format!("{login}\n{login}"),
        1 => json!([login]).to_string(),
        _ => login.to_string(),
    }
}

fn made(random: &mut Random, number: usize) -> Made {
    let (ip, device_id) = (ip(random), letters(random, &['x', 'z', 'X', 'Z']));
    let mut body = body(random, number, &ip, &device_id);
    for _ in 0..random.below(6) {
        body = wrap(random, &body);
    }
    Made { body, secrets: [ip, device_id] }
}

/// The first eight characters in a row of a value that can be read in the text, whatever their case.
fn readable<'a>(text: &str, values: impl Iterator<Item = &'a String>) -> Option<String> {
    let runs: std::collections::HashSet<Vec<char>> = values
        .flat_map(|value| {
            let value: Vec<char> = value.to_lowercase().chars().collect();
            value.windows(TELLING).map(<[char]>::to_vec).collect::<Vec<_>>()
        })
        .collect();
    let text: Vec<char> = text.to_lowercase().chars().collect();
    let at = text.windows(TELLING).position(|run| runs.contains(run))?;
    Some(text[at.saturating_sub(60)..(at + 60).min(text.len())].iter().collect())
}

#[test]
fn no_eight_characters_in_a_row_of_any_address_or_device_id_are_readable_anywhere() {
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let all: Vec<Made> = (0..BODIES).map(|number| made(&mut random, number)).collect();
    for rejects in ["delete", "keep", "dead-letter"] {
        let (scene, cluster) = (Scene::scripted(), Cluster::start());
        let program = |command: &str| scene.program(command).env("DATABASE_URL", &cluster.right_url());
        program("init-db").prints("are ready").run();
        cluster.run_each(&[
            "ALTER TABLE user_logins ADD UNIQUE (user_id)",
            "ALTER TABLE user_logins ADD CHECK (locale <> 'XX')",
        ]);
        scene.queue.redrive_to(&scene.queue.sibling(), 1000);
        all.iter().for_each(|made| drop(scene.server().send(scene.queue.name(), &made.body)));
        let metrics = scene.path("metrics.prom");
        let words = |program: Program| program.ends_somehow().run().words();
        let told = |flags: &str| {
            scene.server().expire_visibility(scene.queue.name());
            words(program(&format!("drain --wait-seconds 0 --batch-size 50 --rejects {rejects} {flags}")))
        };
        let mut places = vec![
            ("peek", words(program("peek -n 300"))),
            ("peek as JSON", words(program("peek -n 300 --format json"))),
            ("dry run", told("--dry-run")),
            ("a drain", told(&format!("--max-reject-percent 100 --metrics-file {}", metrics.display()))),
            ("a second drain", told("--format json --log-format json")),
            ("the metrics", std::fs::read_to_string(&metrics).unwrap()),
        ];
        for table in ["user_logins", "login_drain_ledger", "login_drain_rejects", "login_drain_runs"] {
            places.push((table, cluster.texts(&format!("SELECT t::text FROM {table} AS t")).join("\n")));
        }
        assert!(cluster.number("SELECT count(*) FROM user_logins") > 30, "seed {seed}");
        assert!(cluster.number("SELECT count(*) FROM login_drain_rejects") > 100, "seed {seed}");
        places.push(("the server's log", cluster.log()));
        for (place, text) in places {
            let found = readable(&text, all.iter().flat_map(|made| &made.secrets));
            assert_eq!(found, None, "in {place}, --rejects {rejects}, seed {seed}");
        }
    }
}
