//! Text from outside as it may be printed: what could steer a terminal, or hide in it, is written as an escape.

/// Control characters could move the cursor or recolour the screen, and marks of direction reorder what is read.
/// They, and all else that shows nothing, become `\\u{…}`.
pub fn printable(text: &str) -> String {
    text.chars()
        .map(|letter| if shows(letter) { letter.to_string() } else { letter.escape_debug().to_string() })
        .collect()
}

/// The same for text that is JSON already: what is escaped stands in its strings, and means the same afterwards.
pub fn printable_json(json: &str) -> String {
    let escape = |letter: char| -> String {
        letter.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
    };
    json.chars().map(|letter| if shows(letter) { letter.to_string() } else { escape(letter) }).collect()
}

/// Whether a terminal shows the letter, and does nothing else.
pub fn shows(letter: char) -> bool {
    // Quotes and backslashes are escaped by `escape_debug` for another reason.
    matches!(letter, '"' | '\'' | '\\') || letter.escape_debug().len() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_a_terminal_raw() {
        let table = [
            ("a\x1b[31mb\u{202e}c\u{9b}d\r", "a\\u{1b}[31mb\\u{202e}c\\u{9b}d\\r"),
            ("\u{200b}\u{feff}\u{e000}\0", "\\u{200b}\\u{feff}\\u{e000}\\0"),
            ("漢字 é \"it's\" C:\\ 🦀", "漢字 é \"it's\" C:\\ 🦀"),
        ];
        for (text, expected) in table {
            assert_eq!(printable(text), expected);
        }
    }

    #[test]
    fn json_means_the_same_afterwards() {
        let value = serde_json::json!({"\u{9b}a": "\u{7f}\u{202e}\u{10ffff}\n\"é\""});
        let text = printable_json(&value.to_string());
        assert!(text.contains("\\u009b") && text.contains("\\u202e") && !text.contains(['\u{9b}', '\u{7f}']));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
