//! The rooms as they are against the table of ARCHITECTURE.md: imports, circles, and who names what from outside.

use std::collections::BTreeSet;

use super::circles::{Imports, circles};
use super::modules::{File, Named, Program};
use super::table::{Row, Table, in_words, made_up};
use super::{Page, assert_none, pages, read};

/// The program, the table, and all that each file names.
struct House<'a> {
    program: Program<'a>,
    table: Table,
    named: Vec<Named<'a>>,
}

impl<'a> House<'a> {
    fn new(pages: &'a [Page], architecture: &str) -> House<'a> {
        let program = Program::new(pages);
        let named = program.files.iter().flat_map(|file| program.named_by(file)).collect();
        House { named, program, table: Table::read(architecture).0 }
    }

    /// Imports from one file of ours to another: what is named, who names it, where it is from.
    fn imports(&self) -> impl Iterator<Item = (&Named<'a>, &File<'a>, &File<'a>)> {
        let import = |named| Some((named, self.file(named), self.program.source_of(named)?));
        self.named.iter().filter_map(import).filter(|(_, from, to)| from.path != to.path)
    }

    fn file(&self, named: &Named) -> &File<'a> {
        self.program.files.iter().find(|file| file.path == named.file).unwrap()
    }

    fn rooms(&self) -> BTreeSet<&str> {
        self.program.files.iter().map(File::room).collect()
    }
}

/// The first import of each file from each other one that its row does not allow.
fn imports_against_the_table(house: &House) -> Vec<String> {
    let mut told = BTreeSet::new();
    let breach = |(named, from, to): (&Named, &File, &File)| {
        let row = house.table.row_of(from.room())?;
        let allowed = from.room() == to.room() || house.table.allows(from.room(), to.room());
        let is_new = !allowed && told.insert((from.path.to_owned(), to.path.to_owned()));
        is_new.then(|| format!("{}:{}: `{}`; {}", named.file, named.line, named.text(), row.told()))
    };
    house.imports().filter_map(breach).collect()
}

/// Rooms without a row, and rows without a room.
fn rooms_and_rows_without_each_other(house: &House) -> Vec<String> {
    let rooms = house.rooms();
    let without_row = rooms.iter().filter(|room| house.table.row_of(room).is_none());
    let without_row = without_row.map(|room| format!("src/{room}: no row in ARCHITECTURE.md"));
    let named = house.table.rows.iter().flat_map(|row| row.rooms.iter().map(move |room| (row, room)));
    let without_room = named.filter(|(_, room)| !rooms.contains(room.as_str()));
    let without_room =
        without_room.map(|(row, room)| format!("ARCHITECTURE.md:{}: no src/{room}.rs", row.line));
    without_row.chain(without_room).collect()
}

fn circles_of(house: &House, name: for<'b> fn(&'b File) -> &'b str) -> Vec<String> {
    let mut graph = Imports::new();
    for (_, from, to) in house.imports().filter(|(_, from, to)| name(from) != name(to)) {
        graph.entry(name(from)).or_default().insert(name(to));
    }
    let told = |circle: Vec<&str>| {
        let steps = circle.iter().zip(circle.iter().cycle().skip(1));
        let step = |(from, to): (&&str, &&str)| {
            let step = house.imports().find(|(_, file, source)| name(file) == *from && name(source) == *to);
            let (named, _, _) = step.unwrap();
            format!("\n    {}:{}: `{}`", named.file, named.line, named.text())
        };
        format!("{}{}", circle.join(" -> "), steps.map(step).collect::<String>())
    };
    circles(&graph).into_iter().map(told).collect()
}

fn circles_of_files(house: &House) -> Vec<String> {
    circles_of(house, |file| file.path)
}

fn circles_of_rooms(house: &House) -> Vec<String> {
    circles_of(house, |file| file.room())
}

/// What only other rooms may name, and what a room must never know.
fn outside_things_in_the_wrong_room(house: &House) -> Vec<String> {
    let mut told = BTreeSet::new();
    let breach = |named: &Named| {
        let room = house.file(named).room();
        let row = house.table.row_of(room)?;
        let reason = named_without_leave(&house.table, room, named).or_else(|| {
            let name = row.never_names.iter().find(|name| named.is_in(name))?;
            Some(format!("ARCHITECTURE.md:{}: `{room}` must never know `{name}`", row.line))
        })?;
        let is_new = told.insert((named.file.to_owned(), reason.clone()));
        is_new.then(|| format!("{}:{}: `{}`; {reason}", named.file, named.line, named.text()))
    };
    house.named.iter().filter_map(breach).collect()
}

/// Why a room may not name it: some rows name it alone, and the room is in none of them.
fn named_without_leave(table: &Table, room: &str, named: &Named) -> Option<String> {
    let givers = table.rows.iter().flat_map(|row| row.names_alone.iter().map(move |name| (row, name)));
    let givers: Vec<(&Row, &String)> = givers.filter(|(_, name)| named.is_in(name)).collect();
    let (first, name) = givers.first()?;
    let owners: Vec<String> = givers.iter().flat_map(|(row, _)| row.rooms.clone()).collect();
    let is_owner = owners.iter().any(|owner| owner == room);
    (!is_owner)
        .then(|| format!("ARCHITECTURE.md:{}: only {} may name `{name}`", first.line, in_words(&owners)))
}

/// What the table gives to rooms that do not name it (any more).
fn outside_things_that_nobody_names(house: &House) -> Vec<String> {
    let names = |row: &Row, name: &str| {
        house
            .named
            .iter()
            .any(|named| named.is_in(name) && row.rooms.iter().any(|room| room == house.file(named).room()))
    };
    let told = |row: &Row, name: &String| {
        format!("ARCHITECTURE.md:{}: no file of {} names `{name}`", row.line, in_words(&row.rooms))
    };
    let idle = |row| {
        let row: &Row = row;
        row.names_alone.iter().filter(move |name| !names(row, name)).map(move |name| told(row, name))
    };
    house.table.rows.iter().flat_map(idle).collect()
}

#[track_caller]
fn assert_in_order(find: fn(&House) -> Vec<String>, rule: &str) {
    assert_none(find(&House::new(&pages("src"), &read("ARCHITECTURE.md"))), rule);
}

#[test]
fn the_table_does_not_contradict_itself() {
    assert_none(Table::read(&read("ARCHITECTURE.md")).1, "the table of rooms");
}

#[test]
fn each_room_imports_only_what_its_row_allows() {
    assert_in_order(imports_against_the_table, "imports that the table of rooms does not allow");
}

#[test]
fn each_room_has_a_row_and_each_row_its_rooms() {
    assert_in_order(rooms_and_rows_without_each_other, "the table of rooms is not about this house");
}

#[test]
fn no_file_imports_itself_through_others() {
    assert_in_order(circles_of_files, "circles of files");
}

#[test]
fn no_room_imports_itself_through_others() {
    assert_in_order(circles_of_rooms, "circles of rooms");
}

#[test]
fn each_outside_thing_is_named_only_where_the_table_says() {
    assert_in_order(outside_things_in_the_wrong_room, "named in the wrong room");
}

#[test]
fn each_outside_thing_of_the_table_is_named_in_its_room() {
    assert_in_order(outside_things_that_nobody_names, "the table gives what nobody takes");
}

/// A house of the given files, and a table that fits it: `drain` over `store` over `core`.
fn breaches(find: fn(&House) -> Vec<String>, files: &[(&str, &str)]) -> Vec<String> {
    let rows = made_up(&[
        "`main` | | all below | | ",
        "`drain` | | `store`, `core` | `signal_hook` | ",
        "`store` | | `core` | `postgres`, `std::process::exit` | `postgres::Socket`",
        "core: `mask`, `login` | | | `crate::login::Proof::new`, `signal_hook::Word` | `std::fs`, `std::time::Instant`",
    ]);
    let mut pages = vec![Page::new("src/main.rs", "mod drain; mod store; mod mask; mod login;")];
    for name in ["drain", "store", "mask", "login"] {
        let path = format!("src/{name}.rs");
        if !files.iter().any(|(given, _)| *given == path) {
            pages.push(Page::new(path, ""));
        }
    }
    pages.extend(files.iter().map(|(path, text)| Page::new(*path, *text)));
    find(&House::new(&pages, &rows))
}

#[test]
fn an_import_that_the_table_does_not_allow_is_told_with_its_row() {
    for (text, breach) in [
        ("\nuse crate::drain::Plan;", "src/store.rs:2: `crate::drain::Plan`; "),
        ("fn f() { super::drain::go() }", "src/store.rs:1: `crate::drain::go`; "),
        ("use crate::{mask, drain::{Plan}};", "src/store.rs:1: `crate::drain::Plan`; "),
        ("use crate::VERSION;", "src/store.rs:1: `crate::VERSION`; "),
    ] {
        let told = breaches(imports_against_the_table, &[("src/store.rs", text)]);
        assert_eq!(told, [format!("{breach}ARCHITECTURE.md:7: `store` may import `core`")], "{text}");
    }
    let allowed = "use crate::mask::Mask; #[cfg(test)] mod tests { use crate::drain; }";
    assert_eq!(breaches(imports_against_the_table, &[("src/store.rs", allowed)]), [""; 0]);
    assert_eq!(breaches(imports_against_the_table, &[("src/login.rs", "use crate::mask::Mask;")]), [""; 0]);
}

#[test]
fn a_room_without_a_row_and_a_row_without_a_room_are_told() {
    let main = |text| Page::new("src/main.rs", text);
    let table = made_up(&["`main` | | | | ", "`store` | | | | "]);
    let found = |pages: &[Page]| rooms_and_rows_without_each_other(&House::new(pages, &table));
    let (store, attic) = (Page::new("src/store.rs", ""), Page::new("src/attic/mod.rs", ""));
    assert_eq!(found(&[main("mod store;"), store]), [""; 0]);
    assert_eq!(
        found(&[main("mod attic;"), attic]),
        ["src/attic: no row in ARCHITECTURE.md", "ARCHITECTURE.md:6: no src/store.rs"]
    );
}

#[test]
fn a_parent_and_a_child_that_import_each_other_are_a_circle_and_a_declaration_is_none() {
    let parent = |text| ("src/drain.rs", text);
    let child = ("src/drain/writer.rs", "\nuse super::Plan;");
    assert_eq!(breaches(circles_of_files, &[parent("mod writer; pub struct Plan;"), child]), [""; 0]);
    let told = breaches(circles_of_files, &[parent("mod writer; pub use writer::Writer;"), child]);
    let wanted = "src/drain.rs -> src/drain/writer.rs\n    \
                  src/drain.rs:1: `crate::drain::writer::Writer`\n    \
                  src/drain/writer.rs:2: `crate::drain::Plan`";
    assert_eq!(told, [wanted]);
}

#[test]
fn two_rooms_that_import_each_other_through_different_files_are_a_circle() {
    let files = [
        ("src/mask.rs", "mod key;"),
        ("src/mask/key.rs", "use crate::login::field;"),
        ("src/login.rs", "mod field; use crate::mask::Mask;"),
        ("src/login/field.rs", ""),
    ];
    assert_eq!(breaches(circles_of_files, &files), [""; 0]);
    assert_eq!(breaches(circles_of_rooms, &files).len(), 1);
}

#[test]
fn an_outside_thing_in_the_wrong_room_is_told() {
    for (text, named) in [
        ("use postgres::Client;", "postgres::Client"),
        ("fn f(client: &mut postgres::Client) {}", "postgres::Client"),
        ("use std::process; fn f() { process::exit(1) }", "std::process::exit"),
        ("use std::{process::{self as p}}; fn f() { p::exit(1) }", "std::process::exit"),
    ] {
        let told = breaches(outside_things_in_the_wrong_room, &[("src/drain.rs", text)]);
        assert_eq!(told.len(), 1, "{text}: {told:?}");
        assert!(
            told[0].starts_with(&format!("src/drain.rs:1: `{named}`; ARCHITECTURE.md:7: only `store` may"))
        );
        assert_eq!(breaches(outside_things_in_the_wrong_room, &[("src/store.rs", text)]), [""; 0], "{text}");
    }
    let part = [("src/mask.rs", "#[derive(signal_hook::Word)] enum E {}")];
    assert_eq!(
        breaches(outside_things_in_the_wrong_room, &part),
        [""; 0],
        "the part is given to another row too"
    );
    let ours = [("src/drain.rs", "use crate::store::postgres::Client; use std::process::ExitCode;")];
    assert_eq!(breaches(outside_things_in_the_wrong_room, &ours), [""; 0]);
}

#[test]
fn a_proof_of_ours_is_made_only_where_the_table_says() {
    let forged = [("src/drain.rs", "use crate::login::Proof; fn f() { Proof::new() }")];
    let told = breaches(outside_things_in_the_wrong_room, &forged);
    assert_eq!(
        told,
        ["src/drain.rs:1: `crate::login::Proof::new`; \
             ARCHITECTURE.md:8: only `mask`, `login` may name `crate::login::Proof::new`"]
    );
}

#[test]
fn what_a_room_must_never_know_is_told() {
    let told = breaches(
        outside_things_in_the_wrong_room,
        &[
            ("src/mask.rs", "use std::time::{Duration, Instant};\nfn f() { std::fs::read(\"\") }"),
            ("src/store.rs", "fn f(socket: postgres::Socket) {}"),
        ],
    );
    assert_eq!(
        told,
        [
            "src/store.rs:1: `postgres::Socket`; ARCHITECTURE.md:7: `store` must never know `postgres::Socket`",
            "src/mask.rs:1: `std::time::Instant`; ARCHITECTURE.md:8: `mask` must never know `std::time::Instant`",
            "src/mask.rs:2: `std::fs::read`; ARCHITECTURE.md:8: `mask` must never know `std::fs`",
        ]
    );
}

#[test]
fn what_the_table_gives_and_nobody_takes_is_told() {
    let told = breaches(
        outside_things_that_nobody_names,
        &[
            ("src/drain.rs", "use signal_hook::flag;"),
            ("src/store.rs", "fn f() { std::process::exit(1) }"),
            ("src/mask.rs", "use crate::login::Proof; fn f(w: signal_hook::Word) { Proof::new() }"),
        ],
    );
    assert_eq!(told, ["ARCHITECTURE.md:7: no file of `store` names `postgres`"]);
}
