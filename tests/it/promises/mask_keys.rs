//! The tests of mask keys that protect nobody: one that others may write, and one that can be guessed.

use kit::{Scene, login};

const GOOD: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n";

#[test]
fn a_key_that_others_may_write_is_refused_and_one_that_they_may_read_is_taken_without_a_word() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    for mode in [0o602, 0o622, 0o606, 0o666, 0o777] {
        let file = scene.file("key", GOOD.as_bytes(), mode).display().to_string();
        let drain = scene.drain().flags("--mask-key-file").flags(&file);
        drain.exits(1).complains(&format!("may write the mask key in `{file}`")).run();
        assert_eq!(scene.queue.visible(), 1, "{mode:o}");
    }
    for mode in [0o400, 0o440, 0o444, 0o600, 0o640, 0o644] {
        let file = scene.file("key", GOOD.as_bytes(), mode).display().to_string();
        assert_eq!(scene.drain().flags("--mask-key-file").flags(&file).books()["inserted"], 1, "{mode:o}");
        std::fs::remove_file(&file).unwrap();
        scene.queue.send(&[&login("anna")]);
    }
}

#[test]
fn a_key_that_does_not_look_random_is_warned_of_and_not_shown() {
    let page =
        "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>\n";
    for key in [
        "passwordpasswordpasswordpassword",
        "password\npassword\npassword\npassword\n",
        &" \n".repeat(40),
        page,
        "the quick brown fox jumps over the lazy dog 7 times",
        "0123456789012345678901234567890123456789",
    ] {
        let scene = Scene::scripted().ready(&[&login("anna")]);
        let file = scene.file("key", key.as_bytes(), 0o600).display().to_string();
        let drain = scene.drain().flags("--mask-key-file").flags(&file);
        let outcome = drain.complains("does not look random").prints("1 stored").run();
        let longest = key.split_whitespace().max_by_key(|word| word.len()).unwrap_or("\n\n");
        assert!(!outcome.stderr.contains(longest), "{}", outcome.stderr);
    }
}

#[test]
fn a_key_of_nothing_or_of_one_byte_is_refused() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    for key in ["", "\n", &"\n".repeat(64), &"0".repeat(64), "short"] {
        let file = scene.file("key", key.as_bytes(), 0o600).display().to_string();
        scene.drain().flags("--mask-key-file").flags(&file).exits(1).complains("is too weak").run();
        assert_eq!(scene.queue.visible(), 1, "{key:?}");
    }
}
