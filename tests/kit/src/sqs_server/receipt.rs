//! The spelling of receipt handles: about as long as AWS's, with `+`, `/` and `=` that need form encoding.

use super::message::Receipt;

const HEAD: &str = "AQEB";
const FILLER: &str = "wJnKyrHigUMZj6rYigCgxlaS3SLy0a+U3Zr2Bu7fGQq/oV9dLbXcN0tEfMhIk8vWmPzRsJ5KpT1+xYe\
                      4uQ6oAiD7wFgH2bCnB9lS0jZr/VtXyO3qEmKaUcI8dLwRpN5hTsGfJ7v==";
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Appends the handle: 4 + 24 hex digits + filler, about 160 to 190 characters.
pub fn write(out: &mut String, receipt: Receipt) {
    out.push_str(HEAD);
    push_hex(out, u64::from(receipt.slot), 8);
    push_hex(out, receipt.number, 16);
    out.push_str(FILLER);
}

/// The receipt that `write` spelled, or None for anything else.
pub fn read(handle: &str) -> Option<Receipt> {
    let digits = handle.strip_prefix(HEAD)?.strip_suffix(FILLER)?;
    if digits.len() != 24 || !digits.is_ascii() {
        return None;
    }
    let (slot, number) = digits.split_at(8);
    Some(Receipt { slot: u32::from_str_radix(slot, 16).ok()?, number: u64::from_str_radix(number, 16).ok()? })
}

fn push_hex(out: &mut String, value: u64, digits: u32) {
    for place in (0..digits).rev() {
        out.push(char::from(DIGITS[(value >> (4 * place)) as usize & 15]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_reads_back_and_anything_else_does_not() {
        let receipt = Receipt { slot: 7, number: u64::MAX - 1 };
        let mut handle = String::new();
        write(&mut handle, receipt);
        assert!((150..=200).contains(&handle.len()), "{} characters", handle.len());
        assert_eq!(read(&handle), Some(receipt));
        assert_eq!(read("nonsense"), None);
        assert_eq!(read(&handle.replace("AQEB0", "AQEBx")), None);
    }
}
