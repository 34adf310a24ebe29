//! The table of `scripts/deploy/README.md` against what is there.

use super::text;

#[test]
fn everything_that_is_there_has_a_row_and_no_row_is_of_nothing() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/deploy");
    let readme = text("README.md");
    let named: Vec<&str> =
        readme.lines().filter_map(|line| line.strip_prefix("| `")?.split(" | ").next()).collect();
    let named: Vec<&str> =
        named.iter().flat_map(|cell| cell.split('`')).filter(|name| name.contains(['.', '/'])).collect();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let has_row = named.iter().any(|row| row.split('/').next() == Some(&name));
        assert!(has_row || name == "README.md", "{name} has no row");
    }
    for name in named {
        let beside = folder.join(name).exists() || folder.join("kubernetes").join(name).exists();
        assert!(beside, "{name} is not there");
    }
}
