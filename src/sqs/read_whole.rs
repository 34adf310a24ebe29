//! How the body of a reply is read: whole, and into memory that somebody has made room in.

use std::collections::TryReserveError;
use std::io::{Error, Read};

use ureq::Body;

/// Ten messages of 1 MiB, each byte of them escaped, and room to spare.
const LARGEST_REPLY: u64 = 96 * 1024 * 1024;

/// A reply that does not tell its length is read in parts, each of which makes room for as much again.
const FIRST_PART: usize = 64 * 1024;

const ENOMEM: i32 = 12;

/// Into one piece of memory that is neither too large nor moved while it fills, where the length is told.
/// `make_room` is told how many bytes there are before these are read, and may wait.
pub fn read_whole(body: Body, make_room: &dyn Fn(usize)) -> Result<Vec<u8>, ureq::Error> {
    let told = body.content_length().and_then(|length| usize::try_from(length).ok());
    let mut reader = body.into_with_config().limit(LARGEST_REPLY).reader();
    let failed = |error: Error| ureq::Error::from(error);
    if let Some(length) = told.filter(|length| *length as u64 <= LARGEST_REPLY) {
        make_room(length);
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).map_err(no_memory)?;
        reader.read_to_end(&mut bytes).map_err(failed)?;
        return Ok(bytes);
    }
    let mut bytes = Vec::new();
    loop {
        let part = FIRST_PART.max(bytes.len());
        make_room(bytes.len() + part);
        bytes.try_reserve_exact(part).map_err(no_memory)?;
        let read = reader.by_ref().take(part as u64).read_to_end(&mut bytes).map_err(failed)?;
        if read < part {
            return Ok(bytes);
        }
    }
}

/// In the system's own words. The program would end here without them, and there is room again once others are done.
fn no_memory(_: TryReserveError) -> ureq::Error {
    Error::from_raw_os_error(ENOMEM).into()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// What a body of so many bytes asks for on its way, and how large the memory is that it is left in.
    fn rooms(length: usize, tells_length: bool) -> (Vec<usize>, usize) {
        let asked = RefCell::new(Vec::new());
        let text = vec![b'x'; length];
        let body = match tells_length {
            true => Body::builder().data(text),
            false => Body::builder().reader(std::io::Cursor::new(text)),
        };
        let bytes = read_whole(body, &|bytes| asked.borrow_mut().push(bytes)).ok().unwrap();
        assert_eq!(bytes.len(), length);
        (asked.into_inner(), bytes.capacity())
    }

    #[test]
    fn a_reply_asks_for_its_room_before_it_is_read() {
        assert_eq!(rooms(300_000, true), (vec![300_000], 300_000));
        let (asked, held) = rooms(300_000, false);
        assert_eq!(asked, [64 * 1024, 128 * 1024, 256 * 1024, 512 * 1024]);
        assert!(held <= 512 * 1024, "{held}");
        assert_eq!(rooms(0, true), (vec![0], 0));
    }
}
