//! The table of rooms in ARCHITECTURE.md: which room may import which, and who alone names what from outside.
//!
//! Only words in backticks are read, and "all below". Rooms stand from the top floor down: a room may import only from
//! rows below its own, and from its own row. A first cell that begins with `name:` makes the name stand for its rooms.

/// The headings of the columns, in their order.
const COLUMNS: [&str; 5] =
    ["room", "what a reader finds there", "may import", "names alone", "must never know"];

pub struct Table {
    pub rows: Vec<Row>,
}

#[derive(Debug, PartialEq)]
pub struct Row {
    /// Its line in ARCHITECTURE.md.
    pub line: usize,
    pub rooms: Vec<String>,
    group: Option<String>,
    /// Rooms, groups written out.
    may_import: Vec<String>,
    /// The same as the table says it.
    allowance: String,
    pub names_alone: Vec<String>,
    pub never_names: Vec<String>,
}

impl Row {
    /// As it is told of a breach: where it stands and what it allows.
    pub fn told(&self) -> String {
        let allowance = if self.allowance.is_empty() { "nothing" } else { &self.allowance };
        format!("ARCHITECTURE.md:{}: {} may import {allowance}", self.line, in_words(&self.rooms))
    }
}

/// Names as a person reads them.
pub fn in_words(names: &[String]) -> String {
    format!("`{}`", names.join("`, `"))
}

impl Table {
    /// The table, and what is wrong with it in itself.
    pub fn read(text: &str) -> (Table, Vec<String>) {
        let lines = text.lines().enumerate().map(|(place, line)| (place + 1, cells(line)));
        let mut rows: Vec<Row> = lines
            .skip_while(|(_, cells)| *cells != COLUMNS)
            .skip(2)
            .map_while(|(line, cells)| (cells.len() == COLUMNS.len()).then(|| row(line, &cells)))
            .collect();
        let mut breaches = Vec::new();
        if rows.is_empty() {
            breaches.push(format!("ARCHITECTURE.md: no table with the columns {}", COLUMNS.join(" | ")));
        }
        for at in 0..rows.len() {
            let below = &rows[at + 1..];
            let (may_import, unknown) = written_out(&rows[at].may_import, below);
            breaches.extend(unknown.iter().map(|name| {
                format!("ARCHITECTURE.md:{}: `{name}` is no room of a row further down", rows[at].line)
            }));
            rows[at].may_import = may_import;
        }
        for (at, row) in rows.iter().enumerate() {
            let twice =
                row.rooms.iter().filter(|room| rows[..at].iter().any(|other| other.rooms.contains(room)));
            breaches.extend(twice.map(|room| format!("ARCHITECTURE.md:{}: `{room}` has two rows", row.line)));
        }
        (Table { rows }, breaches)
    }

    pub fn row_of(&self, room: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.rooms.iter().any(|of_row| of_row == room))
    }

    /// Whether a room may import from another one.
    pub fn allows(&self, from: &str, to: &str) -> bool {
        let allows =
            |row: &Row| [&row.rooms, &row.may_import].into_iter().flatten().any(|allowed| allowed == to);
        self.row_of(from).is_some_and(allows)
    }
}

fn cells(line: &str) -> Vec<&str> {
    let inside = line.trim().strip_prefix('|').and_then(|line| line.strip_suffix('|'));
    inside.map(|inside| inside.split('|').map(str::trim).collect()).unwrap_or_default()
}

fn row(line: usize, cells: &[&str]) -> Row {
    Row {
        line,
        rooms: in_backticks(cells[0]),
        group: cells[0].split_once(':').map(|(name, _)| name.to_owned()),
        allowance: cells[2].to_owned(),
        may_import: if cells[2] == "all below" {
            vec!["all below".to_owned()]
        } else {
            in_backticks(cells[2])
        },
        names_alone: in_backticks(cells[3]),
        never_names: in_backticks(cells[4]),
    }
}

fn in_backticks(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The rooms that names of rooms and groups stand for, and the names that are neither.
fn written_out(names: &[String], below: &[Row]) -> (Vec<String>, Vec<String>) {
    let (mut rooms, mut unknown) = (Vec::new(), Vec::new());
    for name in names {
        let meant = |row: &&Row| row.group.as_ref() == Some(name) || name == "all below";
        let of_groups: Vec<String> = below.iter().filter(meant).flat_map(|row| row.rooms.clone()).collect();
        if !of_groups.is_empty() {
            rooms.extend(of_groups);
        } else if below.iter().any(|row| row.rooms.contains(name)) {
            rooms.push(name.clone());
        } else {
            unknown.push(name.clone());
        }
    }
    (rooms, unknown)
}

/// A table with these rows, each without the outer bars.
pub fn made_up(rows: &[&str]) -> String {
    let rows = rows.iter().map(|row| format!("| {row} |\n")).collect::<String>();
    format!("# Rooms\n\n| {} |\n|---|---|---|---|---|\n{rows}\nThe end.\n", COLUMNS.join(" | "))
}

#[test]
fn a_row_says_what_its_rooms_may_import_and_what_they_alone_name() {
    let text = made_up(&[
        "`commands` | verbs | all below | `clap` | ",
        "`sqs` | the queue | `seam`, `core` | `rusoto_sqs` | a row, `rusoto_core::HttpClient`",
        "`seam` | | | | ",
        "core: `mask`, `login` | | | | ",
    ]);
    let (table, breaches) = Table::read(&text);
    assert_eq!(breaches, [""; 0]);
    let sqs = table.row_of("sqs").unwrap();
    assert_eq!(sqs.names_alone, ["rusoto_sqs"]);
    assert_eq!(sqs.never_names, ["rusoto_core::HttpClient"]);
    assert_eq!(sqs.told(), "ARCHITECTURE.md:6: `sqs` may import `seam`, `core`");
    for (from, to, allowed) in [
        ("commands", "sqs", true),
        ("commands", "login", true),
        ("sqs", "mask", true),
        ("login", "mask", true),
        ("mask", "sqs", false),
        ("seam", "mask", false),
        ("sqs", "commands", false),
        ("stranger", "mask", false),
    ] {
        assert_eq!(table.allows(from, to), allowed, "{from} {to}");
    }
}

#[test]
fn a_table_that_contradicts_itself_is_told() {
    let breaches = |rows: &[&str]| Table::read(&made_up(rows)).1;
    let upwards = breaches(&["`drain` | | | | ", "`sqs` | | `drain` | | "]);
    assert_eq!(upwards, ["ARCHITECTURE.md:6: `drain` is no room of a row further down"]);
    assert_eq!(breaches(&["`a` | | | | ", "`b`, `a` | | | | "]), ["ARCHITECTURE.md:6: `a` has two rows"]);
    assert_eq!(breaches(&[]).len(), 1);
    assert_eq!(Table::read("# No table").1.len(), 1);
}
