//! The frames of PostgreSQL's protocol: where one ends, and which SQL it carries.

use std::io::{self, Read};

/// What a frame does for the script; all else is passed on unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The first frame of a connection, which carries user and database.
    Startup,
    /// A request for TLS or GSS encryption, before the startup.
    EncryptionRequest,
    Query,
    Parse,
    Bind,
    Execute,
    Sync,
    ReadyForQuery,
    Other,
}

pub struct Frame {
    pub kind: Kind,
    pub bytes: Vec<u8>,
}

const TLS_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;

/// The first frame from a client: a length and a code, but no letter.
pub fn read_first(stream: &mut impl Read) -> io::Result<Frame> {
    let mut bytes = vec![0; 8];
    stream.read_exact(&mut bytes)?;
    let length = number(&bytes[..4]) as usize;
    let code = number(&bytes[4..]);
    bytes.resize(length.max(8), 0);
    stream.read_exact(&mut bytes[8..])?;
    let encrypted = code == TLS_REQUEST || code == GSS_REQUEST;
    Ok(Frame { kind: if encrypted { Kind::EncryptionRequest } else { Kind::Startup }, bytes })
}

pub fn read_from_client(stream: &mut impl Read) -> io::Result<Frame> {
    read(stream, |letter| match letter {
        b'Q' => Kind::Query,
        b'P' => Kind::Parse,
        b'B' => Kind::Bind,
        b'E' => Kind::Execute,
        b'S' => Kind::Sync,
        _ => Kind::Other,
    })
}

pub fn read_from_server(stream: &mut impl Read) -> io::Result<Frame> {
    read(stream, |letter| if letter == b'Z' { Kind::ReadyForQuery } else { Kind::Other })
}

fn read(stream: &mut impl Read, kind: impl Fn(u8) -> Kind) -> io::Result<Frame> {
    let mut bytes = vec![0; 5];
    stream.read_exact(&mut bytes)?;
    let length = number(&bytes[1..]) as usize;
    bytes.resize(length.max(4) + 1, 0);
    stream.read_exact(&mut bytes[5..])?;
    Ok(Frame { kind: kind(bytes[0]), bytes })
}

impl Frame {
    /// The frame's first text: the SQL of a Query, the statement name of a Parse, the portal of a Bind.
    pub fn first_text(&self) -> &str {
        self.text(0)
    }

    /// The frame's second text: the SQL of a Parse, the statement name of a Bind.
    pub fn second_text(&self) -> &str {
        self.text(1)
    }

    fn text(&self, place: usize) -> &str {
        let content = self.bytes.get(5..).unwrap_or_default();
        let text = content.split(|byte| *byte == 0).nth(place).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_end_where_their_length_says() {
        let mut wire: &[u8] = b"P\0\0\0\x10s1\0SELECT 1\0S\0\0\0\x04";
        let parse = read_from_client(&mut wire).unwrap();
        assert_eq!((parse.kind, parse.first_text(), parse.second_text()), (Kind::Parse, "s1", "SELECT 1"));
        assert_eq!(read_from_client(&mut wire).unwrap().kind, Kind::Sync);
        assert!(read_from_client(&mut wire).is_err());
    }

    #[test]
    fn the_first_frame_tells_a_tls_request_from_a_startup() {
        let mut tls: &[u8] = &[0, 0, 0, 8, 4, 210, 22, 47];
        assert_eq!(read_first(&mut tls).unwrap().kind, Kind::EncryptionRequest);
        let mut startup: &[u8] = &[0, 0, 0, 9, 0, 3, 0, 0, 0];
        assert_eq!(read_first(&mut startup).unwrap().kind, Kind::Startup);
    }
}
