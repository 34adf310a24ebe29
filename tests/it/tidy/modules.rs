//! The modules of src, and what each file of the program names: imports and paths in full, tests left out.

use std::collections::HashMap;

use super::Page;
use super::tokens::{Token, tokens, without_tests};

/// The files that the program is made of. What only tests are made of is not among them.
pub struct Program<'a> {
    pub files: Vec<File<'a>>,
}

pub struct File<'a> {
    pub path: &'a str,
    /// `["crate", "drain", "writer"]` for src/drain/writer.rs.
    module: Vec<&'a str>,
    /// Whether more than the parent's own modules can see it.
    is_public: bool,
    pub tokens: Vec<Token<'a>>,
}

/// What a file names, in full: `crate::store::Settled`, or `std::process::exit` for something outside.
#[derive(Debug, Clone)]
pub struct Named<'a> {
    pub file: &'a str,
    pub line: usize,
    pub path: Vec<&'a str>,
}

impl Named<'_> {
    pub fn text(&self) -> String {
        self.path.join("::")
    }

    /// Whether it is `name` or something in it.
    pub fn is_in(&self, name: &str) -> bool {
        let mut path = self.path.iter();
        name.split("::").all(|part| path.next() == Some(&part))
    }
}

impl File<'_> {
    /// The name of its room: the first part of its module, `main` for the root.
    pub fn room(&self) -> &str {
        self.module.get(1).copied().unwrap_or("main")
    }
}

impl<'a> Program<'a> {
    /// `pages` are those of src.
    pub fn new(pages: &'a [Page]) -> Program<'a> {
        let mut program = Program { files: Vec::new() };
        program.add(pages, vec!["crate"], true);
        program
    }

    /// Adds the module's file and all below it.
    fn add(&mut self, pages: &'a [Page], module: Vec<&'a str>, is_public: bool) {
        let below_src = if module.len() == 1 { "main".to_owned() } else { module[1..].join("/") };
        let names = [format!("src/{below_src}.rs"), format!("src/{below_src}/mod.rs")];
        let Some(page) = pages.iter().find(|page| names.contains(&page.path)) else {
            panic!("{} is declared, and its file is not where these rules look", names[0]);
        };
        let tokens = without_tests(&tokens(&page.text));
        let children = declared(&tokens);
        self.files.push(File { path: &page.path, module: module.clone(), is_public, tokens });
        for (name, is_public) in children {
            self.add(pages, [module.as_slice(), &[name]].concat(), is_public);
        }
    }

    /// All that a file names with a path, in the order of its lines.
    pub fn named_by(&self, file: &File<'a>) -> Vec<Named<'a>> {
        let spoken = Spoken::of(file);
        let uses: HashMap<&str, &Raw> =
            spoken.iter().filter_map(|raw| raw.name.map(|name| (name, raw))).collect();
        let in_full = |raw: &Raw<'a>| Named {
            file: file.path,
            line: raw.line,
            path: self.in_full(&raw.module, &raw.path, &uses),
        };
        spoken.iter().map(in_full).collect()
    }

    fn in_full(&self, module: &[&'a str], path: &[&'a str], uses: &HashMap<&str, &Raw<'a>>) -> Vec<&'a str> {
        let (first, rest) = path.split_first().unwrap();
        let inside = || [module, &[first]].concat();
        match *first {
            "crate" => path.to_vec(),
            // A path that begins with `::` is one outside.
            "" => rest.to_vec(),
            "self" => [module, rest].concat(),
            "super" => {
                let parent = &module[..module.len() - 1];
                if rest.first() == Some(&"super") {
                    self.in_full(parent, rest, uses)
                } else {
                    [parent, rest].concat()
                }
            }
            _ if self.file_of(&inside()).is_some() => [&inside(), rest].concat(),
            _ => match uses.get(first) {
                Some(raw) if raw.path[0] != *first => {
                    self.in_full(&raw.module, &[raw.path.as_slice(), rest].concat(), uses)
                }
                _ => path.to_vec(),
            },
        }
    }

    fn file_of(&self, module: &[&str]) -> Option<&File<'a>> {
        self.files.iter().find(|file| file.module == module)
    }

    /// The file that something of ours is imported from; a name that a parent hands on counts as the parent's.
    pub fn source_of(&self, named: &Named<'a>) -> Option<&File<'a>> {
        let from = self.files.iter().find(|file| file.path == named.file)?;
        let mut found = self.file_of(named.path.get(..1)?)?;
        for length in 2..=named.path.len() {
            match self.file_of(&named.path[..length]) {
                Some(file) if file.is_public || from.module.starts_with(&found.module) => found = file,
                _ => break,
            }
        }
        Some(found)
    }
}

/// The modules that a file declares with `mod name;`, and whether each is public.
fn declared<'a>(tokens: &[Token<'a>]) -> Vec<(&'a str, bool)> {
    let declaration = |(at, three): (usize, &[Token<'a>])| {
        let is_public = at > 0 && ["pub", ")"].contains(&tokens[at - 1].text);
        (three[0].text == "mod" && three[2].text == ";").then_some((three[1].text, is_public))
    };
    tokens.windows(3).enumerate().filter_map(declaration).collect()
}

/// A path as it is written, where it is written, and the name that a `use` gives it.
struct Raw<'a> {
    module: Vec<&'a str>,
    path: Vec<&'a str>,
    line: usize,
    name: Option<&'a str>,
}

/// The reading of one file, token by token.
struct Spoken<'a, 'b> {
    tokens: &'b [Token<'a>],
    at: usize,
    found: Vec<Raw<'a>>,
}

impl<'a> Spoken<'a, '_> {
    fn of(file: &File<'a>) -> Vec<Raw<'a>> {
        let mut spoken = Spoken { tokens: &file.tokens, at: 0, found: Vec::new() };
        let (mut module, mut depth, mut opened_at) = (file.module.clone(), 0_usize, Vec::new());
        while spoken.at < spoken.tokens.len() {
            match spoken.text(0) {
                "use" if spoken.text(1) != "<" => {
                    spoken.at += 1;
                    spoken.tree(&module, &[]);
                    continue;
                }
                "mod" if spoken.text(2) == "{" => {
                    module.push(spoken.text(1));
                    opened_at.push(depth);
                }
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    if opened_at.last() == Some(&depth) {
                        opened_at.pop();
                        module.pop();
                    }
                }
                _ => {
                    if spoken.path(&module) {
                        continue;
                    }
                }
            }
            spoken.at += 1;
        }
        spoken.found
    }

    fn text(&self, ahead: usize) -> &'a str {
        self.tokens.get(self.at + ahead).map_or("", |token| token.text)
    }

    fn is_word(&self, ahead: usize) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(Token::is_word)
    }

    fn keep(&mut self, module: &[&'a str], path: Vec<&'a str>, name: Option<&'a str>) {
        let line = self.tokens[self.at.min(self.tokens.len() - 1)].line;
        self.found.push(Raw { module: module.to_vec(), path, line, name });
    }

    /// Reads `a::b`, if one begins here, and tells whether it did.
    fn path(&mut self, module: &[&'a str]) -> bool {
        let before = self.at.checked_sub(1).map(|before| self.tokens[before]);
        let goes_on = before.is_some_and(|token| token.is_word() || [">", "::"].contains(&token.text));
        let mut path = Vec::new();
        if self.text(0) == "::" && !goes_on && self.is_word(1) {
            path.push("");
            self.at += 1;
        } else if !self.is_word(0) || self.text(1) != "::" || before.is_some_and(|token| token.text == "::") {
            return false;
        }
        path.push(self.text(0));
        while self.text(1) == "::" && self.is_word(2) {
            self.at += 2;
            path.push(self.text(0));
        }
        if path.len() > 1 {
            self.keep(module, path, None);
        }
        self.at += 1;
        true
    }

    /// Reads what stands behind `use`, or one branch of it.
    fn tree(&mut self, module: &[&'a str], before: &[&'a str]) {
        let mut path = before.to_vec();
        if self.text(0) == "::" {
            path.push("");
            self.at += 1;
        }
        loop {
            match self.text(0) {
                "{" => {
                    self.at += 1;
                    while !["}", ""].contains(&self.text(0)) {
                        self.tree(module, &path);
                        self.at += usize::from(self.text(0) == ",");
                    }
                    self.at += 1;
                    return;
                }
                "self" if !path.is_empty() => {}
                word => path.push(word),
            }
            if self.text(1) != "::" {
                break;
            }
            self.at += 2;
        }
        if path.last() == Some(&"*") {
            path.pop();
        }
        let renamed = self.text(1) == "as";
        let name = if renamed { self.text(2) } else { path.last().copied().unwrap_or_default() };
        self.keep(module, path, Some(name));
        self.at += if renamed { 3 } else { 1 };
    }
}

/// What src/drain/writer.rs names when it says `text`, and the file each is from.
fn named(text: &str) -> Vec<(String, String)> {
    let pages = [
        Page::new("src/main.rs", "mod drain; mod store; #[cfg(test)] mod fuzz;"),
        Page::new("src/drain.rs", "mod writer; mod state; pub use state::Shared;"),
        Page::new("src/drain/writer.rs", format!("mod column; {text}")),
        Page::new("src/drain/writer/column.rs", ""),
        Page::new("src/drain/state.rs", ""),
        Page::new(
            "src/store.rs",
            "#[cfg(test)] pub mod memory; mod sealed; pub mod words; pub use sealed::sealed;",
        ),
        Page::new("src/store/memory.rs", ""),
        Page::new("src/store/sealed.rs", ""),
        Page::new("src/store/words.rs", ""),
    ];
    let program = Program::new(&pages);
    let writer = program.files.iter().find(|file| file.path == "src/drain/writer.rs").unwrap();
    let source = |named: &Named| program.source_of(named).map_or("", |file| file.path).to_owned();
    program.named_by(writer).iter().map(|named| (named.text(), source(named))).collect()
}

#[test]
fn each_way_to_name_something_of_ours_leads_to_its_file() {
    for (text, path, file) in [
        ("use crate::store::Settled;", "crate::store::Settled", "src/store.rs"),
        ("use crate::store;", "crate::store", "src/store.rs"),
        ("use crate::store::*;", "crate::store", "src/store.rs"),
        ("use crate::store::words::Word as W;", "crate::store::words::Word", "src/store/words.rs"),
        ("use super::Plan;", "crate::drain::Plan", "src/drain.rs"),
        ("use super::state::Shared;", "crate::drain::state::Shared", "src/drain/state.rs"),
        ("use super::super::store::X;", "crate::store::X", "src/store.rs"),
        ("use self::column::X;", "crate::drain::writer::column::X", "src/drain/writer/column.rs"),
        ("use column::X;", "crate::drain::writer::column::X", "src/drain/writer/column.rs"),
        ("pub use column::X;", "crate::drain::writer::column::X", "src/drain/writer/column.rs"),
        ("fn f() { column::go() }", "crate::drain::writer::column::go", "src/drain/writer/column.rs"),
        ("fn f(x: &crate::store::X<'_>) {}", "crate::store::X", "src/store.rs"),
        ("mod inner { use super::super::Plan; }", "crate::drain::Plan", "src/drain.rs"),
        ("mod inner {} use super::Plan;", "crate::drain::Plan", "src/drain.rs"),
        ("fn f() { bail!(\"{}\", crate::store::X) }", "crate::store::X", "src/store.rs"),
        // Private, and so no module but the function that its parent hands on.
        ("fn f() { crate::store::sealed(); }", "crate::store::sealed", "src/store.rs"),
        // Through a parent: the parent's.
        ("use crate::drain::Shared;", "crate::drain::Shared", "src/drain.rs"),
    ] {
        assert_eq!(named(text), [(path.to_owned(), file.to_owned())], "{text}");
    }
}

#[test]
fn groups_and_names_that_a_use_brought_are_read_in_full() {
    let paths = |text: &str| named(text).into_iter().map(|(path, _)| path).collect::<Vec<_>>();
    assert_eq!(
        paths("use crate::{store::{self, words::{A, B as C}}, drain};"),
        ["crate::store", "crate::store::words::A", "crate::store::words::B", "crate::drain"]
    );
    assert_eq!(
        paths("use std::process; fn f() { process::exit(1) }"),
        ["std::process", "std::process::exit"]
    );
    assert_eq!(
        paths("use crate::store::words as w; use w::A; fn f() { A::new() }"),
        ["crate::store::words", "crate::store::words::A", "crate::store::words::A::new"]
    );
    assert_eq!(paths("fn f() { ::ring::hmac::sign() }"), ["ring::hmac::sign"]);
    assert_eq!(paths("#[derive(clap::ValueEnum)] enum E {}"), ["clap::ValueEnum"]);
}

#[test]
fn what_is_no_import_is_none() {
    for text in [
        "mod column;",
        "// use crate::store::X;\n/// [`crate::store::X`]\nfn f() {}",
        "fn f() { \"crate::store::X\" }",
        "pub(crate) fn f() {}",
        "#[cfg(test)] mod tests { use crate::store::X; }",
        "fn f() -> impl Iterator + use<'a> {}",
    ] {
        assert_eq!(named(text), [], "{text}");
    }
}

#[test]
fn files_of_tests_are_no_files_of_the_program() {
    let pages = [
        Page::new("src/main.rs", "mod store; #[cfg(test)] mod fuzz;"),
        Page::new("src/fuzz.rs", ""),
        Page::new("src/store.rs", "#[cfg(test)] pub mod memory;"),
        Page::new("src/store/memory.rs", ""),
    ];
    let files: Vec<&str> = Program::new(&pages).files.iter().map(|file| file.path).collect();
    assert_eq!(files, ["src/main.rs", "src/store.rs"]);
}

#[test]
#[should_panic(expected = "src/attic.rs is declared")]
fn a_module_whose_file_is_elsewhere_does_not_slip_through() {
    Program::new(&[Page::new("src/main.rs", "#[path = \"cellar.rs\"] mod attic;")]);
}
