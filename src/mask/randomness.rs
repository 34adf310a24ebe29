//! Whether a key looks as if chance had made it: a guess that finds passwords, pages and patterns.

/// Chance gives so many different bytes to 32 bytes, to 32 hex digits or to 32 letters almost always.
const FEWEST_DIFFERENT: usize = 8;

/// What random generators write is bytes of all kinds, or a text of letters and digits mixed.
pub fn looks_random(key: &[u8]) -> bool {
    // Some generators break their lines.
    let bytes: Vec<u8> = key.iter().copied().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    let is_text = bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ' || *byte == b'\t');
    is_varied(&bytes) && !repeats(&bytes) && !counts(&bytes) && (!is_text || is_mixed(&bytes))
}

/// Many different bytes, of which none makes up a third.
fn is_varied(bytes: &[u8]) -> bool {
    let mut often = [0_usize; 256];
    bytes.iter().for_each(|byte| {
        if let Some(count) = often.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    });
    let different = often.iter().filter(|count| **count > 0).count();
    let most = often.into_iter().max().unwrap_or_default();
    different >= FEWEST_DIFFERENT && most * 3 <= bytes.len()
}

/// A shorter text over and over.
fn repeats(bytes: &[u8]) -> bool {
    (1..=bytes.len() / 2)
        .any(|period| bytes.iter().zip(bytes.iter().skip(period)).all(|(first, again)| first == again))
}

/// Mostly steps to the next letter or digit, as on a keyboard or in the alphabet.
fn counts(bytes: &[u8]) -> bool {
    let steps = bytes.iter().zip(bytes.iter().skip(1)).filter(|(one, next)| one.abs_diff(**next) == 1);
    steps.count() * 2 > bytes.len()
}

/// Letters and digits, and neither words parted by blanks nor a page or a document.
fn is_mixed(text: &[u8]) -> bool {
    let has = |is: fn(&u8) -> bool| text.iter().any(is);
    has(u8::is_ascii_alphabetic)
        && has(u8::is_ascii_digit)
        && !has(|byte| byte.is_ascii_whitespace())
        && !text.starts_with(b"<")
        && !text.starts_with(b"{")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn passwords_pages_and_patterns_do_not_look_random() {
        for key in [
            &b"passwordpasswordpasswordpassword"[..],
            b"hunter2hunter2hunter2hunter2hunter2",
            b"correcthorsebatterystaplecorrecthorse",
            b"correct horse battery staple, 4 times over",
            b"0123456789abcdef0123456789abcdef",
            b"abcdefghijklmnopqrstuvwxyz0123456789",
            b"00000000000000000000000000000000000001",
            b"1234567812345678123456781234567812345678",
            b" \n \n \n \n \n \n \n \n \n \n \n \n \n \n \n \n \n",
            b"\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
            b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head></html>",
            b"<html><body><h1>503</h1></body></html>",
            br#"{"message":"Internal-Server-Error","code":500}"#,
            b"p\0a\0s\0s\0w\0o\0r\0d\0 \0f\0o\0r\0 \0u\0s\0 \0a\0l\0l\0",
            b"\0\x01\0\x01\0\x01\0\x01\0\x01\0\x01\0\x01\0\x01\0\x01\0\x01\0\x01\0\x01\0\x01\0\x01\0\x01\0\x01",
        ] {
            assert!(!looks_random(key), "{}", String::from_utf8_lossy(key));
        }
    }

    #[test]
    fn what_generators_write_looks_random() {
        for key in [
            &b"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"[..],
            b"n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=",
            b"J8vXKq2m0Tn6yPzR4sWdLcB1hGfEo9Ua\nQ7iYt5kN3xMj",
            b"kX9!vR2#mQ7$zL4%wT8^nB1&pY6*cD3(",
            b"550e8400-e29b-41d4-a716-446655440000",
        ] {
            assert!(looks_random(key), "{}", String::from_utf8_lossy(key));
        }
    }

    proptest! {
        #[test]
        fn random_bytes_and_their_hex_look_random(key in prop::array::uniform32(any::<u8>())) {
            // What proptest shrinks to, or makes of zeros, is not random.
            prop_assume!(key.iter().collect::<std::collections::HashSet<_>>().len() >= 24);
            prop_assert!(looks_random(&key));
            prop_assert!(looks_random(hex::encode(key).as_bytes()));
        }
    }
}
