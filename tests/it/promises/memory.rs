//! The tests of peers that never stop talking: what they say is not kept.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use kit::{Scene, login};

/// More than a run may take, and less than would hurt the machine that runs the tests.
const FLOOD: usize = 600 << 20;
const MOST_KIB: u64 = 200 << 10;

/// A server that lets anybody in, and answers the first question with one endless message of this kind.
fn endless_database(kind: u8) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://drain@{}/logins?sslmode=disable", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || drop(talk(stream, kind)));
        }
    });
    url
}

fn talk(mut stream: TcpStream, kind: u8) -> std::io::Result<()> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut startup = vec![0; u32::from_be_bytes(length) as usize - 4];
    stream.read_exact(&mut startup)?;
    stream.write_all(b"R\0\0\0\x08\0\0\0\0S\0\0\0\x19client_encoding\0UTF8\0Z\0\0\0\x05I")?;
    stream.read_exact(&mut [0; 5])?;
    stream.write_all(&[kind])?;
    stream.write_all(&(i32::MAX).to_be_bytes())?;
    let part = vec![b'x'; 1 << 20];
    for _ in 0..FLOOD / part.len() {
        stream.write_all(&part)?;
    }
    Ok(())
}

#[test]
fn an_answer_of_the_database_without_end_is_not_kept() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    for kind in [b'T', b'D', b'E', b'N', b'S', b'C'] {
        let outcome = scene.drain().env("DATABASE_URL", &endless_database(kind)).ends_somehow().run();
        assert!(matches!(outcome.code, Some(1 | 75)), "{}: {outcome:?}", kind as char);
        assert!(outcome.peak_kib < MOST_KIB, "{}: {} KiB", kind as char, outcome.peak_kib);
    }
    assert_eq!(scene.queue.visible(), 1);
}
