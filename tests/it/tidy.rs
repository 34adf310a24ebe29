//! The house rules as tests, and the reading of the repository's own files for them.

/// Circles of imports.
mod circles;
/// Which modules src has, and what each of its files names.
mod modules;
/// What no file of the program may hold.
mod program;
/// The rooms as they are against the table of ARCHITECTURE.md.
mod rooms;
/// The table of rooms.
mod table;
/// Texts that people read: changelog, dependencies, SQL.
mod texts;
/// Rust text as words and signs.
mod tokens;

use std::path::{Path, PathBuf};

/// One file of the repository: its path from the root, with `/`, and its text.
struct Page {
    path: String,
    text: String,
}

impl Page {
    fn new(path: impl Into<String>, text: impl Into<String>) -> Page {
        Page { path: path.into(), text: text.into() }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files under a folder, in the order of their names.
fn pages(folder: &str) -> Vec<Page> {
    let mut pages = Vec::new();
    collect(&root().join(folder), &mut pages);
    assert!(!pages.is_empty(), "no files in {folder}");
    pages.sort_by(|one, other| one.path.cmp(&other.path));
    pages
}

fn collect(folder: &Path, pages: &mut Vec<Page>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("__pycache__") {
            collect(&path, pages);
        } else if path.is_file() {
            pages.push(page(&path));
        }
    }
}

fn page(path: &Path) -> Page {
    let name = path.strip_prefix(root()).unwrap_or(path);
    let text = std::fs::read(path).unwrap();
    Page::new(name.display().to_string(), String::from_utf8_lossy(&text))
}

fn read(name: &str) -> String {
    page(&root().join(name)).text
}

/// Fails with every breach at once, one a line.
fn assert_none(breaches: Vec<String>, rule: &str) {
    assert!(breaches.is_empty(), "{rule}:\n{}", breaches.join("\n"));
}
