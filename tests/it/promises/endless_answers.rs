//! The tests of peers that never stop talking: what they say is not kept.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use kit::{Outcome, Scene, login};

/// More than a run may take, and less than would hurt the machine that runs the tests.
const FLOOD: usize = 600 << 20;
const MOST_KIB: u64 = 250 << 10;

/// What a server answers to its first question that is no simple one.
struct Flood {
    first: Vec<u8>,
    again_and_again: Vec<u8>,
}

impl Flood {
    /// One message of this kind, of the greatest length there is.
    fn one(kind: u8) -> Flood {
        let first = [&[kind][..], &i32::MAX.to_be_bytes()].concat();
        Flood { first, again_and_again: vec![b'x'; 1 << 20] }
    }

    /// The beginning of an answer with rows of no columns, and then one message without end.
    fn many(message: &[u8]) -> Flood {
        let first = b"1\0\0\0\x042\0\0\0\x04T\0\0\0\x06\0\0".to_vec();
        Flood { first, again_and_again: message.repeat((1 << 20) / message.len()) }
    }

    fn answer(&self, mut stream: impl Read + Write) -> std::io::Result<()> {
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let mut startup = vec![0; u32::from_be_bytes(length) as usize - 4];
        stream.read_exact(&mut startup)?;
        stream.write_all(b"R\0\0\0\x08\0\0\0\0S\0\0\0\x19client_encoding\0UTF8\0Z\0\0\0\x05I")?;
        loop {
            let mut kind = [0];
            stream.read_exact(&mut kind)?;
            stream.read_exact(&mut length)?;
            let mut body = vec![0; u32::from_be_bytes(length) as usize - 4];
            stream.read_exact(&mut body)?;
            match &kind {
                b"Q" => stream.write_all(b"C\0\0\0\x08SET\0Z\0\0\0\x05T")?,
                b"S" => break,
                _ => {}
            }
        }
        stream.write_all(&self.first)?;
        for _ in 0..FLOOD / self.again_and_again.len() {
            stream.write_all(&self.again_and_again)?;
        }
        Ok(())
    }
}

fn not_kept(scene: &Scene, url: &str, of: &str) -> Outcome {
    let outcome = scene.drain().env("DATABASE_URL", url).ends_somehow().run();
    assert!(matches!(outcome.code, Some(1 | 75)), "{of}: {outcome:?}");
    assert!(outcome.peak_kib < MOST_KIB, "{of}: {} KiB", outcome.peak_kib);
    assert_eq!(scene.queue.visible(), 1, "{of}");
    outcome
}

/// Serves one connection after the other.
fn flooding(flood: Flood) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        listener.incoming().map_while(Result::ok).for_each(|stream| drop(flood.answer(stream)))
    });
    format!("postgres://drain@{address}/logins?sslmode=disable")
}

#[test]
fn a_message_of_the_database_without_end_is_not_kept() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    for kind in [b'T', b'D', b'E', b'N', b'S', b'C'] {
        let outcome = not_kept(&scene, &flooding(Flood::one(kind)), &format!("one {}", kind as char));
        assert!(outcome.stderr.contains("longer than any that is asked for"), "{outcome:?}");
    }
}

#[test]
fn messages_of_the_database_without_end_are_not_kept() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    let columns = [&[b'D', 0, 0, 0x80, 6, 0x20, 0][..], &[0xff; 4 * 0x2000]].concat();
    for (name, flood) in [
        ("rows", Flood::many(b"D\0\0\0\x06\0\0")),
        ("columns", Flood::many(&columns)),
        ("notices", Flood::many(b"N\0\0\0\x1bSNOTICE\0C00000\0Mmore\0\0")),
        ("settings", Flood::many(b"S\0\0\0\x0dlocale\0x\0")),
    ] {
        not_kept(&scene, &flooding(flood), name);
    }
}

#[test]
fn what_a_credential_process_prints_without_end_is_not_kept() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    for (command, told) in [
        ("yes hunter2", "printed more than 64 KiB"),
        ("head -c 600000000 /dev/zero >&2; exit 3", "credential_process ended with"),
    ] {
        let config = format!("[default]\ncredential_process = {command}\n");
        let config = scene.file("config", config.as_bytes(), 0o600).display().to_string();
        let drain = scene.drain().without("AWS_ACCESS_KEY_ID").without("AWS_SECRET_ACCESS_KEY");
        let drain = drain.env("PATH", "/usr/bin:/bin").env("AWS_CONFIG_FILE", &config);
        let outcome = drain.exits(1).complains(told).run();
        assert!(outcome.peak_kib < MOST_KIB, "{command}: {} KiB", outcome.peak_kib);
    }
}
