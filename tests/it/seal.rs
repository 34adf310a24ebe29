//! The tests of `--seal-to` and `unseal`: what is kept for whoever has the private key, and what stays shut.

use kit::{Program, Scene, login_with, rogue};
use openssl::pkey::PKey;
use serde_json::{Value, json};

const ANNA: &str = "anna-marker-77";
const IP: &str = "203.0.113.77";
const DEVICE: &str = "dev-8675309-marker";

fn login(user: &str) -> String {
    login_with(user, &[("ip", json!(IP)), ("device_id", json!(DEVICE))])
}

/// An officer's keys in two files: the private one, the public one.
fn keys(scene: &Scene, name: &str) -> [String; 2] {
    let pair = PKey::generate_x25519().unwrap();
    let private = pair.private_key_to_pem_pkcs8().unwrap();
    let public = pair.public_key_to_pem().unwrap();
    let file =
        |end: &str, text: &[u8], mode| scene.file(&format!("{name}.{end}"), text, mode).display().to_string();
    [file("key", &private, 0o600), file("pub", &public, 0o644)]
}

fn drain(scene: &Scene, public: &str) -> Program {
    scene.drain().flags("--seal-to").flags(public)
}

fn unseal(scene: &Scene, private: &str, ids: &str) -> Program {
    scene.program("unseal --key").flags(private).reads(ids)
}

/// What is printed, one object a line.
fn unsealed(scene: &Scene, private: &str, ids: &str) -> Vec<Value> {
    let told = unseal(scene, private, ids).prints("").run().stdout;
    told.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn raw_values_are_kept_for_the_private_key_alone_and_each_reading_leaves_a_row() {
    let scene = Scene::scripted().ready(&[]);
    let [private, public] = keys(&scene, "officer");
    let ids = scene.queue.send(&[&login(ANNA), &login_with("boris", &[("ip", json!(null))]), &rogue()]);
    let ended = drain(&scene, &public).exits(3).may_say_anything().run();
    for text in [ended.words(), scene.database.dump()] {
        assert!(!text.contains("203.0.113") && !text.contains("8675309"), "{text}");
    }
    assert_eq!(scene.database.count("login_drain_sealed"), 2, "of logins alone");
    let of_anna = json!({"user_id": ANNA, "ip": IP, "device_id": DEVICE, "message_id": ids[0]});
    for id in [ANNA, &ids[0]] {
        let mut found = unsealed(&scene, &private, id);
        assert!(found[0].as_object_mut().unwrap().remove("sealed_at").is_some());
        assert_eq!(found, std::slice::from_ref(&of_anna), "{id}");
    }
    let both = unsealed(&scene, &private, &format!("{ANNA}\n{}\nnobody", ids[1]));
    let boris = both.iter().find(|login| login["user_id"] == "boris").unwrap();
    assert_eq!((both.len(), &boris["ip"], &boris["device_id"]), (2, &Value::Null, &json!("593-47-5928")));
    unseal(&scene, &private, "nobody").complains("nothing is sealed of these ids").run();
    let told =
        "SELECT by_role = session_user, ids_asked, values_read, unsealed_at > now() - interval '1 hour'
                FROM login_drain_unsealed ORDER BY unsealed_at";
    assert_eq!(scene.database.rows(told), ["t|1|1|t", "t|1|1|t", "t|3|2|t", "t|1|0|t"]);
}

#[test]
fn nothing_is_sealed_unless_it_is_asked_for() {
    let scene = Scene::scripted().ready(&[&login(ANNA)]);
    scene.drain().books();
    assert_eq!(scene.database.count("login_drain_sealed"), 0);
}

#[test]
fn values_of_another_key_and_values_that_were_moved_stay_shut() {
    let scene = Scene::scripted().ready(&[&login(ANNA), &login("boris"), &login("clara")]);
    let [[private, public], [other, _]] = ["officer", "other"].map(|name| keys(&scene, name));
    drain(&scene, &public).books();
    let ended = unseal(&scene, &other, ANNA).exits(3).complains("1 of these values are sealed to the key ");
    assert_eq!(ended.run().stdout, "");
    scene.database.run("UPDATE login_drain_sealed SET user_id = 'boris' WHERE user_id = 'clara'");
    let moved =
        unseal(&scene, &private, "boris").exits(3).prints(IP).complains("they were changed, or moved");
    assert_eq!(moved.run().stdout.lines().count(), 1);
}

#[test]
fn only_the_commit_of_a_login_seals_it_and_only_once() {
    let scene = Scene::with_queue(&[("VisibilityTimeout", "1")]);
    let scene = scene.ready(&[&login(ANNA), &login("boris"), &login("clara")]);
    let [_, public] = keys(&scene, "officer");
    scene.database.run("ALTER TABLE user_logins ADD CONSTRAINT no_boris CHECK (user_id <> 'boris')");
    drain(&scene, &public).exits(3).may_say_anything().run();
    let sealed = "SELECT user_id FROM login_drain_sealed ORDER BY 1";
    assert_eq!(scene.database.rows(sealed), [ANNA, "clara"]);
    scene.database.run("ALTER TABLE user_logins DROP CONSTRAINT no_boris");
    kit::wait_until("the message is visible again", || {
        drain(&scene, &public).ends_somehow().run();
        scene.database.count("user_logins") == 3
    });
    assert_eq!(scene.database.rows(sealed), [ANNA, "boris", "clara"]);
}

#[test]
fn sealed_values_are_deleted_when_their_days_are_over() {
    let scene = Scene::scripted().ready(&[&login(ANNA)]);
    let [_, public] = keys(&scene, "officer");
    drain(&scene, &public).books();
    for (age, flags, left) in [(89, "", 1), (91, "--seal-days 92", 1), (91, "", 0)] {
        scene
            .database
            .run(&format!("UPDATE login_drain_sealed SET sealed_at = now() - interval '{age} days'"));
        scene.drain().flags(flags).books();
        assert_eq!(scene.database.count("login_drain_sealed"), left, "{age} {flags}");
    }
}

#[test]
fn tables_of_an_earlier_version_are_told_of_where_they_are_needed() {
    let scene = Scene::scripted().ready(&[&login(ANNA)]);
    let [_, public] = keys(&scene, "officer");
    scene.database.run("DROP TABLE login_drain_sealed, login_drain_unsealed");
    drain(&scene, &public)
        .fails_with(1, "table login_drain_sealed does not exist: run `login-drain init-db`");
    scene.drain().prints("1 stored").run();
    scene.program("erase").reads(ANNA).prints("erased: 1 row").run();
}

#[test]
fn files_that_hold_the_wrong_key_are_named_with_the_commands_that_make_the_right_one() {
    let scene = Scene::scripted().ready(&[&login(ANNA)]);
    let [private, public] = keys(&scene, "officer");
    let elliptic = PKey::generate_ed25519().unwrap().public_key_to_pem().unwrap();
    let elliptic = scene.file("ed25519.pub", &elliptic, 0o600).display().to_string();
    for (file, told) in [
        (private.as_str(), "holds a private key, which must not be where logins are drained"),
        (&elliptic, "holds no X25519 public key: make one with `openssl genpkey -algorithm X25519"),
        ("/nowhere/officer.pub", "could not read `/nowhere/officer.pub`, named by --seal-to"),
    ] {
        drain(&scene, file).exits(1).complains(told).run();
        let by_variable = scene.drain().env("LOGIN_DRAIN_SEAL_TO", file);
        by_variable.exits(1).complains(told).run();
    }
    unseal(&scene, &public, ANNA).exits(1).complains("run `chmod 600 ").run();
    let secret = scene.file("not-a.key", b"no key", 0o600).display().to_string();
    unseal(&scene, &secret, ANNA).exits(1).complains("holds no X25519 private key").run();
    assert_eq!(scene.database.count("login_drain_unsealed"), 0);
}

#[test]
fn erasing_a_user_takes_what_is_sealed_too() {
    let scene = Scene::scripted().ready(&[&login(ANNA), &login(ANNA), &login("boris")]);
    let [private, public] = keys(&scene, "officer");
    drain(&scene, &public).books();
    let erased = scene.program("erase --format json").reads(ANNA).prints("").run();
    let object: Value = serde_json::from_str(&erased.stdout).unwrap();
    let table = |name: &str| json!({"table": name, "erased": 2, "left": 0});
    assert_eq!(object["tables"], json!([table("user_logins"), table("login_drain_sealed")]));
    unseal(&scene, &private, ANNA).complains("nothing is sealed of these ids").run();
    assert_eq!(unsealed(&scene, &private, "boris").len(), 1);
}
