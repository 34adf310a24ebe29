//! The rules on files: how each begins, how long it may be, what it may be called.

use super::{Page, assert_none, pages};

const LONGEST_FUNCTION: usize = 60;

/// JSON has no comments and is mostly made by machines; snapshots are what the program prints.
fn all() -> Vec<Page> {
    let pages = ["src", "tests", "scripts", "sql"].into_iter().flat_map(pages);
    let is_read = |page: &Page| !page.path.contains(".json") && !page.path.contains("/snapshots/");
    pages.filter(is_read).collect()
}

#[test]
fn every_file_opens_with_what_a_reader_finds_there() {
    let breach = |page: &Page| {
        let first = page.text.lines().find(|line| !line.starts_with("#!")).unwrap_or_default();
        let opens = ["//! ", "# ", "\"\"\"", "-- "].iter().any(|sign| first.starts_with(sign));
        (!opens).then(|| page.path.clone())
    };
    assert_none(all().iter().filter_map(breach).collect(), "no sentence at the top");
}

#[test]
fn no_function_is_long() {
    let breaches = all().iter().filter(|page| page.is_rust()).flat_map(long_functions).collect();
    assert_none(breaches, "functions of more than 60 lines");
}

/// rustfmt puts the closing brace of a function under its first letter.
fn long_functions(page: &Page) -> Vec<String> {
    let lines: Vec<&str> = page.text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let length = |start: usize| {
        let closing = format!("{}}}", " ".repeat(indent(lines[start])));
        lines[start..].iter().position(|line| *line == closing).map_or(1, |length| length + 1)
    };
    let starts = (0..lines.len()).filter(|place| opens_a_function(lines[*place]));
    starts
        .filter(|start| length(*start) > LONGEST_FUNCTION)
        .map(|start| format!("{}:{} has {} lines", page.path, start + 1, length(start)))
        .collect()
}

fn opens_a_function(line: &str) -> bool {
    let mut words = line
        .split_whitespace()
        .skip_while(|word| word.starts_with("pub") || ["const", "async"].contains(word));
    words.next() == Some("fn")
}

#[test]
fn no_module_is_a_drawer_for_everything() {
    const DRAWERS: [&str; 8] =
        ["util", "utils", "common", "helper", "helpers", "types", "misc", "shared_code"];
    let stem = |page: &Page| page.path.rsplit('/').next().unwrap().split('.').next().unwrap().to_owned();
    let breach = |page: &Page| {
        let in_a_drawer = page.path.split('/').any(|part| DRAWERS.contains(&part));
        (in_a_drawer || DRAWERS.contains(&stem(page).as_str())).then(|| page.path.clone())
    };
    assert_none(all().iter().filter_map(breach).collect(), "name it after what it owns");
}

#[test]
fn every_sql_file_is_embedded_or_for_operators_and_tried() {
    let text_of = |folder| pages(folder).into_iter().map(|page| page.text).collect::<String>();
    let (program, tests) = (text_of("src"), text_of("tests"));
    let breach = |page: &Page| {
        let name = page.path.rsplit('/').next().unwrap();
        let readers = if page.path.starts_with("sql/operator/") { &tests } else { &program };
        (!readers.contains(name)).then(|| page.path.clone())
    };
    assert_none(pages("sql").iter().filter_map(breach).collect(), "SQL that nothing uses");
}
