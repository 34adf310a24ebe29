//! The rules on what people read: the changelog, the reasons of dependencies.

use super::{assert_none, read};

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
