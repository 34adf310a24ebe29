//! The tests of what exactly is stored: masks, keyed masks, versions. Others join with these values.

use serde_json::json;

use kit::{Program, Scene, login_with};

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[test]
fn plain_masks_are_the_published_ones() {
    let of = |user, ip, device| login_with(user, &[("ip", ip), ("device_id", device)]);
    let scene = Scene::new().ready(&[
        &of("a", json!(""), json!("abc")),
        &of("b", json!(null), json!(null)),
        &of("c", json!("199.172.111.135"), json!("593-47-5928")),
    ]);
    scene.drain().books();
    let rows = scene.database.rows("SELECT masked_ip, masked_device_id FROM user_logins ORDER BY user_id");
    assert_eq!(rows[0], format!("{EMPTY}|{ABC}"));
    assert_eq!(rows[1], format!("{EMPTY}|{EMPTY}"));
    // sha256sum of the two texts, without a line feed.
    let sums = "SELECT encode(sha256('199.172.111.135'), 'hex'), encode(sha256('593-47-5928'), 'hex')";
    assert_eq!(rows[2], scene.database.rows(sums)[0]);
}

#[test]
fn versions_lose_their_dots() {
    let table = [("2.3.0", 230), ("0.26", 26), ("2.21", 221), ("2.00", 200), ("2147483647", i32::MAX)];
    let bodies = table.map(|(version, _)| login_with(version, &[("app_version", json!(version))]));
    let scene = Scene::new().ready(&bodies.each_ref().map(String::as_str));
    scene.drain().books();
    for (version, number) in table {
        let found = format!("SELECT app_version FROM user_logins WHERE user_id = '{version}'");
        assert_eq!(scene.database.rows(&found), [number.to_string()], "{version}");
    }
}

const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";
/// What is said of a key that anybody may think of.
const GUESSED: &str = "does not look random";
/// printf 'device_id\0abc' | openssl dgst -sha256 -mac HMAC -macopt key:0123456789abcdef0123456789abcdef
const KEYED_ABC: &str = "ce67bb7fe96a6d30e52032301852742926019d8b73723af4eac6406ca83f79e7";

#[test]
fn a_key_in_a_secret_is_the_same_key_and_its_former_value_finds_earlier_rows() {
    let scene = Scene::new().ready(&[&login_with("anna", &[("device_id", json!("abc"))])]);
    let drain = || {
        let program = scene.drain().env("AWS_ENDPOINT_URL_SECRETS_MANAGER", scene.queue.endpoint());
        // The general variable yields to the secret.
        program.env("MASK_KEY_FILE", "/nowhere")
    };
    let name = scene.queue.store_secret(std::str::from_utf8(KEY).unwrap());
    drain().flags("--mask-key-secret").flags(&name).complains("does not look random").books();
    let stored = scene.database.row("SELECT masked_device_id FROM user_logins");
    assert_eq!(stored.split_once(':').unwrap().1, KEYED_ABC);

    let file = scene.file("former", KEY, 0o600).display().to_string();
    let new = scene.file("new", b"fedcba9876543210fedcba9876543210", 0o600).display().to_string();
    let run = |program: Program| {
        let outcome = program.reads("abc\n\n").may_say_anything().run();
        outcome.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let mask = |flags: &str| run(scene.program("mask device_id --mask-key-file").flags(&new).flags(flags));
    let all = mask(&format!("--all-keys --former-mask-key-file {file}"));
    assert_eq!(all.len(), 2, "a line for each line");
    let masks: Vec<&str> = all[0].split(' ').collect();
    assert_eq!((masks.len(), masks[0], masks[1], masks[2]), (3, &*mask("")[0], &*stored, ABC));
    let from_secret = || {
        let command = scene.program("mask device_id --all-keys --mask-key-secret").flags(&name);
        run(command.env("AWS_ENDPOINT_URL_SECRETS_MANAGER", scene.queue.endpoint()))
    };
    assert_eq!(from_secret()[0], format!("{stored} {ABC}"), "it has no former value yet");
    scene.queue.rotate_secret(&name, "fedcba9876543210fedcba9876543210");
    assert_eq!(from_secret(), all);
    let found = scene.database.statement("find_by_mask.sql", &[&format!("mask={}", all[0])]);
    assert!(found.starts_with("anna|") && found.ends_with("|f|t"), "{found}");
    let used = drain().flags("--mask-key-secret").flags(&"0f".repeat(32));
    used.fails_with(1, "what --mask-key-secret names looks like a key itself: it must be the name or ARN of a secret that holds one");
}

#[test]
fn a_key_file_makes_keyed_masks_that_begin_with_the_id_of_the_key() {
    let body = |user| login_with(user, &[("ip", json!("abc")), ("device_id", json!("abc"))]);
    let scene = Scene::new().ready(&[&body("anna")]);
    let file = scene.file("key", KEY, 0o600).display().to_string();
    scene.drain().flags("--mask-key-file").flags(&file).complains(GUESSED).books();
    let row = scene.database.rows("SELECT masked_device_id, masked_ip FROM user_logins")[0].clone();
    let (device, ip) = row.split_once('|').unwrap();
    let (id, mask) = device.split_once(':').unwrap();
    assert_eq!((id.len(), mask), (8, KEYED_ABC));
    assert!(ip.starts_with(&format!("{id}:")) && ip != device, "{row}");

    // By the environment, and with a line feed at the end of the file: the same key.
    let file = scene.file("key", &[KEY, b"\n"].concat(), 0o600).display().to_string();
    scene.queue.send(&[&body("boris")]);
    scene.drain().env("MASK_KEY_FILE", &file).complains(GUESSED).books();
    assert_eq!(scene.database.rows("SELECT DISTINCT masked_device_id FROM user_logins"), [device]);
}
