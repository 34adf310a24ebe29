//! The tests of what exactly is stored: masks, keyed masks, versions. Others join with these values.

use serde_json::json;

use kit::{Scene, login_with};

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
