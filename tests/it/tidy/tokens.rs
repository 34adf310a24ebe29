//! Rust text as words and signs: no comments, and on demand nothing that only tests are made of.

/// A word, `::`, a literal with its quotes, or a single sign; and the line it begins on, from 1.
#[derive(Debug, Clone, Copy)]
pub struct Token<'a> {
    pub text: &'a str,
    pub line: usize,
}

impl Token<'_> {
    pub fn is_word(&self) -> bool {
        self.text.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
    }
}

pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut rest, mut line) = (Vec::new(), text, 1);
    while !rest.is_empty() {
        let (length, is_token) = piece(rest);
        let (piece, after) = rest.split_at(length);
        if is_token {
            tokens.push(Token { text: piece, line });
        }
        line += piece.matches('\n').count();
        rest = after;
    }
    tokens
}

/// How long the next piece is, and whether it is more than a blank or a comment.
fn piece(rest: &str) -> (usize, bool) {
    let first = rest.chars().next().unwrap();
    if rest.starts_with("//") {
        (rest.find('\n').unwrap_or(rest.len()), false)
    } else if rest.starts_with("/*") {
        (comment(rest), false)
    } else if first.is_whitespace() {
        (first.len_utf8(), false)
    } else if let Some(length) = string(rest) {
        (length, true)
    } else if first == '\'' {
        (letter_or_lifetime(rest), true)
    } else if first.is_alphanumeric() || first == '_' {
        (word(rest), true)
    } else if rest.starts_with("::") {
        (2, true)
    } else {
        (first.len_utf8(), true)
    }
}

fn word(rest: &str) -> usize {
    rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len())
}

/// Block comments may hold block comments.
fn comment(rest: &str) -> usize {
    let mut depth = 0;
    for (at, _) in rest.char_indices() {
        if rest[at..].starts_with("/*") {
            depth += 1;
        } else if rest[..at].ends_with("*/") && at > 3 {
            depth -= 1;
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn string(rest: &str) -> Option<usize> {
    let opening = rest.find('"')?;
    let (prefix, hashes) = rest[..opening].split_at(rest[..opening].trim_end_matches('#').len());
    if !["", "b", "c", "r", "br", "cr"].contains(&prefix) || !(prefix.ends_with('r') || hashes.is_empty()) {
        return None;
    }
    let inside = &rest[opening + 1..];
    if prefix.ends_with('r') {
        let closing = format!("\"{hashes}");
        return Some(inside.find(&closing).map_or(rest.len(), |at| opening + 1 + at + closing.len()));
    }
    let mut escaped = false;
    for (at, letter) in inside.char_indices() {
        match letter {
            '"' if !escaped => return Some(opening + 1 + at + 1),
            _ => escaped = letter == '\\' && !escaped,
        }
    }
    Some(rest.len())
}

fn letter_or_lifetime(rest: &str) -> usize {
    let mut letters = rest.char_indices().skip(1).map(|(at, letter)| (at + letter.len_utf8(), letter));
    match letters.next() {
        // The quote that may follow the backslash is not the closing one.
        Some((_, '\\')) => rest.get(3..).and_then(|more| more.find('\'')).map_or(rest.len(), |at| 3 + at + 1),
        Some((end, _)) if rest[end..].starts_with('\'') => end + 1,
        _ => 1 + word(&rest[1..]),
    }
}

/// The tokens without each item behind `#[cfg(test)]`.
pub fn without_tests<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let attribute = attribute(tokens, at);
        match attribute {
            Some(end) if is_for_tests(&tokens[at..end]) => at = item_end(tokens, end),
            _ => {
                kept.push(tokens[at]);
                at += 1;
            }
        }
    }
    kept
}

/// Where the attribute that begins here ends.
fn attribute(tokens: &[Token], at: usize) -> Option<usize> {
    let opens = tokens[at].text == "#" && tokens.get(at + 1).is_some_and(|token| token.text == "[");
    opens.then(|| group_end(tokens, at + 1))
}

fn is_for_tests(attribute: &[Token]) -> bool {
    let words: Vec<&str> = attribute.iter().skip(2).map(|token| token.text).collect();
    words.starts_with(&["cfg", "(", "test", ")"]) || words.starts_with(&["cfg", "(", "all", "(", "test"])
}

/// Behind the bracket that closes the one at `at`.
fn group_end(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0_usize;
    for (place, token) in tokens.iter().enumerate().skip(at) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return place + 1;
        }
    }
    tokens.len()
}

/// Behind the item that begins at `at`: its semicolon, its braces, or the comma of a field or variant.
fn item_end(tokens: &[Token], mut at: usize) -> usize {
    const ENDS_WITH_BRACES: [&str; 10] =
        ["mod", "struct", "enum", "fn", "impl", "trait", "union", "unsafe", "async", "macro_rules"];
    while let Some(end) = tokens.get(at).and_then(|_| attribute(tokens, at)) {
        at = end;
    }
    let words = tokens[at..].iter().filter(|token| token.is_word()).map(|token| token.text);
    let mut words = words.skip_while(|word| ["pub", "crate", "super"].contains(word));
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let ends_with_semicolon =
        ["use", "static", "type", "let"].contains(&first) || first == "const" && second != "fn";
    let is_item = ends_with_semicolon || ENDS_WITH_BRACES.contains(&first) || second == "fn";
    while let Some(token) = tokens.get(at) {
        match token.text {
            ";" => return at + 1,
            "," if !is_item => return at + 1,
            "}" | ")" | "]" => return at,
            "{" if !ends_with_semicolon => return group_end(tokens, at),
            "{" | "(" | "[" => at = group_end(tokens, at),
            _ => at += 1,
        }
    }
    at
}

#[test]
fn comments_strings_letters_and_lifetimes_are_told_apart() {
    let text =
        "a // b\n/* c /* d */ e */ f r#\"g \" h\"# \"i \\\" j\" 'k' '\\'' 'l: m::n<'o, u8>(b\"p\", 1..2)";
    let found: Vec<&str> = tokens(text).iter().map(|token| token.text).collect();
    let wanted = [
        "a",
        "f",
        "r#\"g \" h\"#",
        "\"i \\\" j\"",
        "'k'",
        "'\\''",
        "'l",
        ":",
        "m",
        "::",
        "n",
        "<",
        "'o",
        ",",
        "u8",
        ">",
        "(",
        "b\"p\"",
        ",",
        "1",
        ".",
        ".",
        "2",
        ")",
    ];
    assert_eq!(found, wanted);
}

#[test]
fn a_token_knows_its_line() {
    let text = "a\n/* b\n */ c \"d\ne\" f";
    let lines: Vec<(&str, usize)> = tokens(text).iter().map(|token| (token.text, token.line)).collect();
    assert_eq!(lines, [("a", 1), ("c", 3), ("\"d\ne\"", 3), ("f", 4)]);
}

#[test]
fn only_what_tests_alone_are_made_of_is_left_out() {
    for (text, wanted) in [
        ("#[cfg(test)] mod tests { use x; } a", "a"),
        ("#[cfg(test)] mod tests; a", "a"),
        ("#[cfg(test)] #[path = \"t.rs\"] pub(crate) mod tests; a", "a"),
        ("#[cfg(test)] use x::{y, z}; a", "a"),
        ("#[cfg(test)] const X: [u8; 2] = [1, 2]; a", "a"),
        ("#[cfg(test)] pub fn f<A, B>(a: [u8; 2]) -> u8 { g(); } a", "a"),
        ("#[cfg(all(test, unix))] struct S(u8); a", "a"),
        ("struct S { #[cfg(test)] x: u8, a: u8 }", "struct S { a : u8 }"),
        ("enum E { A, #[cfg(test)] B }", "enum E { A , }"),
        ("#[cfg(not(test))] mod a;", "# [ cfg ( not ( test ) ) ] mod a ;"),
        ("#[cfg(any(test, unix))] mod a;", "# [ cfg ( any ( test , unix ) ) ] mod a ;"),
    ] {
        let kept: Vec<&str> = without_tests(&tokens(text)).iter().map(|token| token.text).collect();
        assert_eq!(kept.join(" "), wanted, "{text}");
    }
}
