//! The bodies with a right answer: the row that is stored, what stays on the queue, and what may be read nowhere.

use serde_json::{Value, json};

use kit::{Cluster, Program, Scene};

#[derive(serde::Deserialize)]
struct Case {
    name: String,
    body: String,
    expect: String,
    row: Option<Value>,
    never: Vec<String>,
}

fn cases() -> Vec<Case> {
    let lines = include_str!("../../cases/bodies.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Bodies like those of the table.
fn sisters() -> Vec<Case> {
    let login = |changes: &[(&str, Value)]| {
        let mut body = json!({"user_id": "sister", "app_version": "2.3.0", "device_type": "ios", "ip": "198.51.100.23",
            "locale": null, "device_id": "qwertzui-opas"});
        changes.iter().for_each(|(key, value)| body[*key] = value.clone());
        body
    };
    let plain = login(&[]).to_string();
    let row = json!({"user_id": "sister", "device_type": "ios", "ip": "198.51.100.23", "device_id": "qwertzui-opas",
        "locale": null, "app_version": 230});
    let base64 = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text);
    let sns =
        |message: &str| json!({"Type": "Notification", "TopicArn": "arn", "Message": message}).to_string();
    let s3 = json!(["com.amazon.sqs.javamessaging.MessageS3Pointer",
        {"s3BucketName": "secret-bucket", "s3Key": "198.51.100.23/qwertzui-opas"}]);
    let confirmation = json!({"Type": "SubscriptionConfirmation", "Token": "2336412f37fb687f5d51e6e2425e4c",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:logins", "Message": "You have chosen to subscribe",
        "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336412f37fb687f5d51e6e2425e4c"});
    let wild = [
        ("SNS in EventBridge", json!({"detail-type": "t", "source": "s", "detail": {"Type": "Notification", "Message": plain}}).to_string(), "stored"),
        ("base64 in SNS", sns(&base64(&plain)), "stored"),
        ("base64 with CRLF", base64(&plain).as_bytes().chunks(64).map(|line| format!("{}\r\n", String::from_utf8_lossy(line))).collect(), "stored"),
        ("CloudEvents with data_base64", json!({"specversion": "1.0", "type": "t", "source": "s", "id": "1", "data_base64": base64(&plain)}).to_string(), "stored"),
        ("a byte order mark inside base64", base64(&format!("\u{feff}{plain}")), "stored"),
        ("four deep", sns(&json!(sns(&base64(&plain))).to_string()), "stored"),
        ("user_id is an IPv6 address", login(&[("user_id", json!("2001:db8::77aa"))]).to_string(), "refused"),
        ("locale is an address with a port", login(&[("locale", json!("198.51.100.77:4711"))]).to_string(), "refused"),
        ("device_type holds the device id in capitals", login(&[("device_type", json!("QWERTZUI-OPAS"))]).to_string(), "refused"),
        ("a pointer of the older client", s3.to_string(), "refused"),
        ("a pointer in SNS", sns(&s3.to_string()), "refused"),
        ("an unsubscribe confirmation", confirmation.to_string().replace("SubscriptionConfirmation", "UnsubscribeConfirmation"), "refused"),
        ("a subscription confirmation in base64", base64(&confirmation.to_string()), "refused"),
        ("three logins in a list", json!([login(&[]), login(&[]), login(&[])]).to_string(), "refused"),
        ("logins line by line", format!("{plain}\n{plain}\n"), "refused"),
        ("a query string", "ip=198.51.100.23&device_id=qwertzui-opas&user_id=sister".to_owned(), "rogue"),
        ("values as keys", json!({"198.51.100.23": {"qwertzui-opas": 1}}).to_string(), "rogue"),
    ];
    let never = [
        "198.51.100.23",
        "qwertzui-opas",
        "2336412f37fb687f5d51e6e2425e4c",
        "secret-bucket",
        "QWERTZUI",
        "198.51.100.77",
        "2001:db8::77aa",
    ];
    let case = |(name, body, expect): (&str, String, &str)| Case {
        name: name.to_owned(),
        row: (expect == "stored").then(|| row.clone()),
        body,
        expect: expect.to_owned(),
        never: never.map(str::to_owned).to_vec(),
    };
    wild.into_iter().map(case).collect()
}

/// What the table must hold for this row.
fn as_stored(row: &Value) -> String {
    let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
    let mask = |field: &str| hex::encode(ring::digest::digest(&ring::digest::SHA256, text(field).as_bytes()));
    format!(
        "{}|{}|{}|{}|{}|{}",
        text("user_id"),
        text("device_type"),
        mask("ip"),
        mask("device_id"),
        row["locale"].as_str().unwrap_or("NULL"),
        row["app_version"]
    )
}

/// Drains the bodies and looks for the fate of each, for the rows of all, and for what may not be read.
fn each_is_judged_right_and_hidden(cases: &[Case], rejects: &str) {
    let (scene, cluster) = (Scene::scripted(), Cluster::start());
    let program = |command: &str| scene.program(command).env("DATABASE_URL", &cluster.right_url());
    let words = |program: Program| program.ends_somehow().run().words();
    program("init-db").prints("are ready").run();
    let dead_letters = scene.queue.sibling();
    scene.queue.redrive_to(&dead_letters, 1000);
    let ids: Vec<String> =
        cases.iter().map(|case| scene.server().send(scene.queue.name(), &case.body)).collect();
    let mut told = words(program("peek -n 100")) + &words(program("peek -n 100 --format json"));
    scene.server().expire_visibility(scene.queue.name());
    told += &words(program(&format!("drain --wait-seconds 0 --max-reject-percent 100 --rejects {rejects}")));
    let left: Vec<String> =
        scene.server().remaining(scene.queue.name()).iter().map(|left| left.id.clone()).collect();
    let dead = scene.server().remaining_bodies(dead_letters.name());
    for (case, id) in cases.iter().zip(&ids) {
        let recorded =
            cluster.number(&format!("SELECT count(*) FROM login_drain_rejects WHERE message_id = '{id}'"));
        let fate = (recorded, left.contains(id), dead.contains(&case.body));
        let expected = match (case.expect.as_str(), rejects) {
            ("stored", _) => (0, false, false),
            ("refused", _) | ("rogue", "keep") => (1, true, false),
            ("rogue", "delete") => (1, false, false),
            ("rogue", "dead-letter") => (1, false, true),
            other => panic!("{other:?}"),
        };
        assert_eq!(fate, expected, "{}, --rejects {rejects}", case.name);
    }
    let mut expected: Vec<String> =
        cases.iter().filter_map(|case| case.row.as_ref().map(as_stored)).collect();
    expected.sort_unstable();
    let columns = "user_id, device_type, masked_ip, masked_device_id, coalesce(locale, 'NULL'), app_version";
    let mut stored = cluster.texts(&format!("SELECT concat_ws('|', {columns}) FROM user_logins"));
    stored.sort_unstable();
    assert_eq!(stored, expected, "--rejects {rejects}");
    // A guest's user_id is the device id.
    told += &cluster.texts("SELECT t::text FROM (SELECT device_type, masked_ip, masked_device_id, locale, app_version FROM user_logins) AS t").join("\n");
    for table in ["login_drain_ledger", "login_drain_rejects", "login_drain_runs"] {
        told += &cluster.texts(&format!("SELECT t::text FROM {table} AS t")).join("\n");
    }
    told += &cluster.log();
    for case in cases {
        for value in &case.never {
            assert!(
                !told.contains(value.as_str()),
                "{value} of {} is readable, --rejects {rejects}",
                case.name
            );
        }
    }
}

#[test]
fn each_body_of_the_table_ends_as_it_must_where_rejects_are_deleted() {
    each_is_judged_right_and_hidden(&cases(), "delete");
}

#[test]
fn each_body_of_the_table_ends_as_it_must_where_rejects_are_kept() {
    each_is_judged_right_and_hidden(&cases(), "keep");
}

#[test]
fn each_body_of_the_table_ends_as_it_must_where_rejects_are_sent_on() {
    each_is_judged_right_and_hidden(&cases(), "dead-letter");
}

#[test]
fn bodies_like_those_of_the_table_end_as_they_must() {
    for rejects in ["delete", "keep", "dead-letter"] {
        each_is_judged_right_and_hidden(&sisters(), rejects);
    }
}
