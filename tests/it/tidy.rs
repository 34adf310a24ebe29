//! The house rules as tests, and the reading of the repository's own files.

/// Sizes, headers, names of files.
mod files;
/// Which room may name what.
mod rooms;
/// Texts that people read: changelog, dependencies, SQL.
mod texts;

use std::path::{Path, PathBuf};

/// One file of the repository: its path from the root, with `/`, and its text.
struct Page {
    path: String,
    text: String,
}

impl Page {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Files of src that only tests are made of.
    fn is_for_tests(&self) -> bool {
        ["/tests/", "/tests.rs", "_tests.rs", "/psql_parity", "/memory.rs"]
            .iter()
            .any(|part| self.path.contains(part))
    }

    /// The lines of the program itself, each with its number from 1: no comments, nothing for tests alone.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut skipping = Skipping::No;
        let numbered = self.text.lines().enumerate().map(|(place, line)| (place + 1, line));
        numbered.filter(move |(_, line)| !skipping.skips(line) && !line.trim_start().starts_with("//"))
    }
}

/// Where the reading of a file stands: whether the item at hand is for tests alone.
enum Skipping {
    No,
    /// Behind `#[cfg(test)]` with this indent; the item itself may still come.
    Item {
        indent: usize,
    },
}

impl Skipping {
    fn skips(&mut self, line: &str) -> bool {
        let depth = line.len() - line.trim_start().len();
        match *self {
            Skipping::No if line.trim() == "#[cfg(test)]" => *self = Skipping::Item { indent: depth },
            Skipping::No => return false,
            // An item ends with its brace, or with its only line.
            Skipping::Item { indent } if depth == indent && line.ends_with(['}', ';']) => {
                *self = Skipping::No
            }
            Skipping::Item { .. } => {}
        }
        true
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
    Page { path: name.display().to_string(), text: String::from_utf8_lossy(&text).into_owned() }
}

fn read(name: &str) -> String {
    page(&root().join(name)).text
}

/// Fails with every breach at once, one a line.
fn assert_none(breaches: Vec<String>, rule: &str) {
    assert!(breaches.is_empty(), "{rule}:\n{}", breaches.join("\n"));
}
