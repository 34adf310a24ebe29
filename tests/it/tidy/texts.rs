//! Owns the rules on what people read: the changelog, the reasons of dependencies, and whom we do not speak of.
//! Never: source code, but for its comments.

use std::collections::HashSet;

use ring::digest::{SHA256, digest};

use super::{Page, assert_none, page, pages, read, root};

#[test]
fn the_changelog_tells_of_the_current_version() {
    let heading = format!("## [{}]", env!("CARGO_PKG_VERSION"));
    assert!(read("CHANGELOG.md").contains(&heading), "no `{heading}` in CHANGELOG.md");
}

#[test]
fn every_dependency_says_why_it_is_here() {
    let manifest = read("Cargo.toml");
    let (mut in_dependencies, mut before, mut breaches) = (false, "", Vec::new());
    for line in manifest.lines() {
        if line.starts_with('[') {
            in_dependencies = line.ends_with("dependencies]");
        } else if in_dependencies && line.contains('=') && !line.starts_with('#') && !before.starts_with('#')
        {
            breaches.push(line.to_owned());
        }
        before = line;
    }
    assert_none(breaches, "no comment above the dependency");
}

/// Names of other people's products and of papers that are not in this repository, by the beginnings of their
/// SHA-256, so that this list names none of them either.
const NOT_OURS: [&str; 25] = [
    "32271aa9d61b14bf",
    "ffbbd938ea941b7d",
    "7e9ff5c068d3dc7c",
    "9dd19cea3cf731c1",
    "d0775dc8995c5e23",
    "5b09beefde65044f",
    "d17fd696a24ffaf5",
    "1742d9c312b457c7",
    "04a512d5db5b7dac",
    "00b3234292d4cd00",
    "39bf639f08c12e1e",
    "76cd2c0d589e2245",
    "364f2044aa745fe2",
    "b1337d4152bba322",
    "ca48119476c6d0ae",
    "d1b0a6c1fcfd4a76",
    "684fe2b48ff1d4d6",
    "baffdf37aa5d3961",
    "c34cfa6a258d4e68",
    "1d58a88730778b58",
    "dec41426db2dfa26",
    "a875d28febfa3ad0",
    "be587c6fc5d417e1",
    "7b1bca67f1323485",
    "9c0284be1780530b",
];

#[test]
fn public_texts_speak_of_this_program_alone() {
    let not_ours: HashSet<&str> = NOT_OURS.into_iter().collect();
    let breach = |page: &Page| -> Vec<String> {
        let text = page.text.to_lowercase();
        let words: HashSet<&str> = words(&text).collect();
        let found = words.into_iter().filter(|word| not_ours.contains(beginning(word).as_str()));
        found.map(|word| format!("{}: {word}", page.path)).collect()
    };
    assert_none(public().iter().flat_map(breach).collect(), "a name that does not belong here");
}

fn public() -> Vec<Page> {
    let folders = ["src", "tests", "scripts", "sql"].into_iter().flat_map(pages);
    let files = std::fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let told = |path: &std::path::PathBuf| {
        path.extension().is_some_and(|kind| ["md", "toml", "yml"].iter().any(|known| kind == *known))
    };
    folders.chain(files.filter(told).map(|path| page(&path))).collect()
}

/// Words as they stand, with dots and hyphens inside, and their parts.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let whole = text.split(|letter: char| !letter.is_alphanumeric() && !"._-".contains(letter));
    whole.flat_map(|word| {
        let word = word.trim_matches(['.', '-', '_']);
        std::iter::once(word).chain(word.split(['.', '-', '_']))
    })
}

fn beginning(word: &str) -> String {
    hex::encode(&digest(&SHA256, word.as_bytes()).as_ref()[..8])
}
