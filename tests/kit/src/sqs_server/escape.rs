//! The escaping of text for JSON strings and XML text.

/// Appends `text` as it stands between JSON quotes. Runs without special characters are copied whole.
pub fn json(out: &mut String, text: &str) {
    copy_with(out, text, |byte| match byte {
        b'"' => Some("\\\""),
        b'\\' => Some("\\\\"),
        b'\n' => Some("\\n"),
        b'\r' => Some("\\r"),
        b'\t' => Some("\\t"),
        0..=0x1F => Some(CONTROLS[byte as usize]),
        _ => None,
    });
}

/// Appends `text` as AWS writes it in XML: quotes as `&quot;`, carriage returns as `&#xD;`.
/// Control characters are passed as they are, which makes the XML ill-formed, as emulators do.
pub fn xml(out: &mut String, text: &str) {
    copy_with(out, text, |byte| match byte {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        b'\r' => Some("&#xD;"),
        _ => None,
    });
}

fn copy_with(out: &mut String, text: &str, replacement: impl Fn(u8) -> Option<&'static str>) {
    let mut copied = 0;
    for (position, byte) in text.bytes().enumerate() {
        if let Some(escaped) = replacement(byte) {
            out.push_str(&text[copied..position]);
            out.push_str(escaped);
            copied = position + 1;
        }
    }
    out.push_str(&text[copied..]);
}

const CONTROLS: [&str; 32] = [
    "\\u0000", "\\u0001", "\\u0002", "\\u0003", "\\u0004", "\\u0005", "\\u0006", "\\u0007", "\\u0008",
    "\\u0009", "\\u000a", "\\u000b", "\\u000c", "\\u000d", "\\u000e", "\\u000f", "\\u0010", "\\u0011",
    "\\u0012", "\\u0013", "\\u0014", "\\u0015", "\\u0016", "\\u0017", "\\u0018", "\\u0019", "\\u001a",
    "\\u001b", "\\u001c", "\\u001d", "\\u001e", "\\u001f",
];

#[cfg(test)]
mod tests {
    #[test]
    fn escaped_json_reads_back_as_the_same_text() {
        for text in ["", "plain", "\"q\" \\ \n\r\t \u{0}\u{1f} é 😀", "{\"ip\": null}"] {
            let mut quoted = String::from("\"");
            super::json(&mut quoted, text);
            quoted.push('"');
            assert_eq!(serde_json::from_str::<String>(&quoted).unwrap(), text);
        }
    }

    #[test]
    fn escaped_xml_holds_no_markup() {
        let mut out = String::new();
        super::xml(&mut out, "<a b=\"c\">&\r");
        assert_eq!(out, "&lt;a b=&quot;c&quot;&gt;&amp;&#xD;");
    }
}
