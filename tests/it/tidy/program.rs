//! What no file of the program may hold: printing that can panic, and lints switched off.

use super::modules::Program;
use super::tokens::Token;
use super::{Page, assert_none, pages};

/// `println!` panics when a pipe is closed; screen writes.
fn printing(pages: &[Page]) -> Vec<String> {
    const MACROS: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];
    let prints = |two: &[Token]| MACROS.contains(&two[0].text) && two[1].text == "!";
    found(pages, &["screen", "commands"], 2, prints)
}

fn lints_switched_off(pages: &[Page]) -> Vec<String> {
    let switches = |three: &[Token]| {
        ["[", "("].contains(&three[0].text)
            && ["allow", "expect"].contains(&three[1].text)
            && three[2].text == "("
    };
    let of_attributes =
        |four: &[Token]| ["#", "!", "cfg_attr"].contains(&four[0].text) && switches(&four[1..]);
    found(pages, &[], 4, of_attributes)
}

/// Where some tokens in a row are what is looked for, but for some rooms.
fn found(pages: &[Page], but_for: &[&str], length: usize, is_it: impl Fn(&[Token]) -> bool) -> Vec<String> {
    let mut breaches = Vec::new();
    for file in Program::new(pages).files.iter().filter(|file| !but_for.contains(&file.room())) {
        let places = file.tokens.windows(length).filter(|tokens| is_it(tokens));
        breaches.extend(places.map(|tokens| {
            let words: String = tokens.iter().map(|token| token.text).collect();
            format!("{}:{}: {words}", file.path, tokens[0].line)
        }));
    }
    breaches
}

#[test]
fn nothing_is_printed_but_through_the_screen() {
    assert_none(printing(&pages("src")), "it panics when a pipe is closed: use screen");
}

#[test]
fn no_lint_is_switched_off_in_the_program() {
    assert_none(lints_switched_off(&pages("src")), "mend what the lint found");
}

fn house(text: &str) -> [Page; 3] {
    [
        Page::new("src/main.rs", "mod drain; mod screen;"),
        Page::new("src/drain.rs", text),
        Page::new("src/screen.rs", "fn f() { println!() }"),
    ]
}

#[test]
fn printing_outside_the_screen_is_told() {
    assert_eq!(printing(&house("fn f() {\n println!(\"a\"); }")), ["src/drain.rs:2: println!"]);
    let silent = "// println!\nfn f() { \"println!\"; println() } #[cfg(test)] mod tests { println!() }";
    assert_eq!(printing(&house(silent)), [""; 0]);
}

#[test]
fn a_lint_that_is_switched_off_is_told() {
    for text in ["#[allow(dead_code)] fn f() {}", "#![allow(dead_code)]", "#[expect(clippy::x)] fn f() {}"] {
        assert_eq!(lints_switched_off(&house(text)).len(), 1, "{text}");
    }
    let harmless = "fn f() { x.expect(\"a\"); g(allow(1)) } #[cfg(test)] mod tests { #![allow(dead_code)] }";
    assert_eq!(lints_switched_off(&house(harmless)), [""; 0]);
}
