//! The rules on what people read: the changelog, the reasons of dependencies, the SQL.

use super::{Page, assert_none, pages, read};

fn lacks_the_version(changelog: &str, version: &str) -> Vec<String> {
    let heading = format!("## [{version}]");
    let found = changelog.lines().any(|line| line.starts_with(&heading));
    if found { Vec::new() } else { vec![format!("no `{heading}` in CHANGELOG.md")] }
}

/// Dependencies without a comment right above.
fn dependencies_without_a_reason(manifest: &str) -> Vec<String> {
    let (mut in_dependencies, mut before, mut breaches) = (false, "", Vec::new());
    for line in manifest.lines() {
        let is_dependency = in_dependencies && line.contains('=') && !line.starts_with('#');
        if line.starts_with('[') {
            in_dependencies = line.ends_with("dependencies]");
        } else if is_dependency && !before.starts_with('#') {
            breaches.push(line.to_owned());
        }
        before = line;
    }
    breaches
}

/// SQL of the program must stand in src, an operator's statements in a test that tries them.
fn unused_sql(sql: &[Page], program: &[Page], tests: &[Page]) -> Vec<String> {
    let breach = |page: &Page| {
        let name = page.path.rsplit('/').next().unwrap();
        let readers = if page.path.starts_with("sql/operator/") { tests } else { program };
        let named = |reader: &Page| {
            reader.text.contains(&format!("/{name}\"")) || reader.text.contains(&format!("\"{name}\""))
        };
        let is_read = readers.iter().any(named);
        (!is_read).then(|| page.path.clone())
    };
    sql.iter().filter_map(breach).collect()
}

#[test]
fn the_changelog_tells_of_the_current_version() {
    assert_none(lacks_the_version(&read("CHANGELOG.md"), env!("CARGO_PKG_VERSION")), "the changelog");
}

#[test]
fn every_dependency_says_why_it_is_here() {
    let mut manifests = pages("tests");
    manifests.retain(|page| page.path.ends_with("/Cargo.toml"));
    manifests.push(Page::new("Cargo.toml", read("Cargo.toml")));
    let breaches = manifests.iter().flat_map(|manifest| dependencies_without_a_reason(&manifest.text));
    assert_none(breaches.collect(), "no comment above the dependency");
}

#[test]
fn every_sql_file_is_embedded_or_for_operators_and_tried() {
    assert_none(unused_sql(&pages("sql"), &pages("src"), &pages("tests")), "SQL that nothing uses");
}

#[test]
fn a_version_that_the_changelog_lacks_is_told() {
    assert_eq!(lacks_the_version("# Changelog\n## [0.1.0] - 2024", "0.1.0"), [""; 0]);
    assert_eq!(lacks_the_version("see ## [0.2.0]\n## [0.1.0]", "0.2.0"), ["no `## [0.2.0]` in CHANGELOG.md"]);
}

#[test]
fn a_dependency_without_a_reason_is_told() {
    let manifest = "[package]\nname = \"x\"\n[dev-dependencies]\n# Hex.\nhex = \"1\"\nring = \"1\"\n";
    assert_eq!(dependencies_without_a_reason(manifest), ["ring = \"1\""]);
}

#[test]
fn sql_that_nothing_uses_is_told() {
    let sql = ["sql/insert.sql", "sql/operator/prune.sql"].map(|path| Page::new(path, ""));
    let readers = |text: &str| [Page::new("src/store.rs", text)];
    let (insert, prune) = (readers("\"../sql/insert.sql\""), readers("run(\"prune.sql\")"));
    assert_eq!(unused_sql(&sql, &insert, &prune), [""; 0]);
    assert_eq!(unused_sql(&sql, &prune, &insert).len(), 2);
    assert_eq!(unused_sql(&sql, &readers("\"../sql/re_insert.sql\""), &prune), ["sql/insert.sql"]);
}
