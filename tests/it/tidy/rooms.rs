//! The rules on who may name what: each outside thing has one home in src.

use super::{Page, assert_none, pages};

/// A word, the only places that may hold it, and why.
struct Home {
    word: &'static str,
    rooms: &'static [&'static str],
}

const HOMES: [Home; 11] = [
    Home { word: "rusoto_core", rooms: &["src/sqs"] },
    Home { word: "rusoto_sqs", rooms: &["src/sqs"] },
    Home { word: "postgres::", rooms: &["src/postgres", "src/libpq"] },
    Home { word: "tokio_postgres", rooms: &["src/postgres", "src/libpq"] },
    Home { word: "clap", rooms: &["src/cli", "src/main.rs", "src/commands"] },
    // Masks, and the key of a message id that is no UUID.
    Home { word: "ring::", rooms: &["src/mask.rs", "src/sqs/incoming.rs"] },
    // Settings; the proxy variables for each new connection; the variables that are AWS's own.
    Home {
        word: "std::env",
        rooms: &["src/settings", "src/aws/http.rs", "src/aws/credentials/environment.rs"],
    },
    // TLS, and base64 of binary attributes, which no crate of ours has but this one.
    Home { word: "openssl::", rooms: &["src/libpq", "src/sqs/incoming.rs"] },
    Home { word: "ureq", rooms: &["src/sqs", "src/aws"] },
    Home { word: "signal_hook", rooms: &["src/drain/signals.rs"] },
    Home { word: "std::process::exit", rooms: &["src/exit.rs"] },
];

/// Files that know nothing of the world, and what they would know it by.
const CORE: [&str; 10] =
    ["login", "version", "mask", "describe", "row", "verdict", "batch", "message", "reject", "stop"];
const WORLD: [&str; 12] = [
    "rusoto",
    "postgres::",
    "std::env",
    "Instant::now",
    "SystemTime",
    "now_utc",
    "TcpStream",
    "std::fs",
    "std::io",
    "std::thread",
    "stdout",
    "stderr",
];

fn program() -> Vec<Page> {
    pages("src").into_iter().filter(|page| page.is_rust() && !page.is_for_tests()).collect()
}

/// Whether a line names the word itself, not `store::postgres::` or `String::` for `postgres::` or `ring::`.
fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = &line[..at];
        let inside_a_word = before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        let our_own = ["crate::", "super::", "self::"].iter().any(|module| before.ends_with(module));
        !inside_a_word && !our_own
    })
}

fn breaches(pages: &[Page], word: &str) -> Vec<String> {
    let of = |page: &Page| -> Vec<String> {
        let found = page.code().filter(|(_, line)| names(line, word));
        found.map(|(number, line)| format!("{}:{number}: {}", page.path, line.trim())).collect()
    };
    pages.iter().flat_map(of).collect()
}

#[test]
fn each_outside_thing_has_one_home() {
    for Home { word, rooms } in HOMES {
        let elsewhere: Vec<Page> = program()
            .into_iter()
            .filter(|page| !rooms.iter().any(|room| page.path.starts_with(room)))
            .collect();
        assert_none(breaches(&elsewhere, word), &format!("only {rooms:?} may name `{word}`"));
    }
}

#[test]
fn the_core_knows_nothing_of_the_world() {
    let is_core = |page: &Page| {
        let room = page.path.trim_start_matches("src/").split(['/', '.']).next().unwrap();
        CORE.contains(&room)
    };
    let core: Vec<Page> = program().into_iter().filter(is_core).collect();
    assert!(core.len() >= CORE.len());
    for word in WORLD {
        assert_none(breaches(&core, word), &format!("the core must not know `{word}`"));
    }
}

#[test]
fn nothing_is_printed_but_through_the_commands() {
    let sources = pages("src");
    for word in ["println!", "eprintln!", "print!", "eprint!", "dbg!"] {
        assert_none(
            breaches(&sources, word),
            &format!("`{word}` panics when a pipe is closed: use commands::print"),
        );
    }
}

#[test]
fn the_http_client_of_rusoto_is_not_used() {
    // It has no time limits, and panics on some headers.
    assert_none(breaches(&pages("src"), "rusoto_core::HttpClient"), "dispatch with src/sqs/dispatcher.rs");
    assert_none(breaches(&pages("src"), "request::HttpClient"), "dispatch with src/sqs/dispatcher.rs");
}

#[test]
fn only_a_store_proves_a_commit() {
    let elsewhere: Vec<Page> = program()
        .into_iter()
        .filter(|page| !["src/store", "src/postgres"].iter().any(|room| page.path.starts_with(room)))
        .collect();
    assert_none(breaches(&elsewhere, "Committed::new"), "only a store may say that something is committed");
}

#[test]
fn no_lint_is_switched_off_in_the_program() {
    for word in ["allow(", "expect(clippy"] {
        assert_none(breaches(&program(), word), "mend what the lint found");
    }
}
