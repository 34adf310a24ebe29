//! The outer tests of the proxy: the real client in front, and behind it a server that knows nothing but
//! "done", or a real PostgreSQL.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use postgres::{Client, NoTls};

use crate::Database;

use super::{Cut, Proxy, Trigger, frame};

type Seen = Arc<Mutex<Vec<String>>>;

/// Answers every simple query with "done" and notes it. Ends with the test.
fn start_yes_man() -> (u16, Seen) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let seen = Seen::default();
    let noted = seen.clone();
    thread::spawn(move || {
        for stream in socket.incoming() {
            let noted = noted.clone();
            thread::spawn(move || agree(stream.unwrap(), &noted));
        }
    });
    (port, seen)
}

fn agree(mut stream: TcpStream, seen: &Seen) {
    let ready = b"Z\0\0\0\x05I";
    frame::read_first(&mut stream).unwrap();
    stream.write_all(b"R\0\0\0\x08\0\0\0\0").unwrap();
    stream.write_all(ready).unwrap();
    while let Ok(frame) = frame::read_from_client(&mut stream) {
        if frame.kind == frame::Kind::Query {
            seen.lock().unwrap().push(frame.first_text().to_string());
            let _ = stream.write_all(b"C\0\0\0\x09DONE\0");
            let _ = stream.write_all(ready);
        }
    }
}

fn connect(port: u16) -> Result<Client, postgres::Error> {
    Client::connect(&format!("host=127.0.0.1 port={port} user=postgres dbname=postgres"), NoTls)
}

/// Runs BEGIN and COMMIT through a proxy with one rule: whether COMMIT was answered, and what the server saw.
fn commit_through(cut: Cut) -> (bool, Vec<String>, Proxy) {
    let (port, seen) = start_yes_man();
    let proxy = Proxy::start("127.0.0.1", port);
    proxy.on(Trigger::Sql("COMMIT"), cut, 1);
    let mut client = connect(proxy.port()).unwrap();
    client.batch_execute("BEGIN").unwrap();
    let answered = client.batch_execute("COMMIT").is_ok();
    let seen = seen.lock().unwrap().clone();
    (answered, seen, proxy)
}

#[test]
fn without_a_rule_everything_passes_and_is_counted() {
    let (port, _) = start_yes_man();
    let proxy = Proxy::start("127.0.0.1", port);
    connect(proxy.port()).unwrap().batch_execute("SELECT 1").unwrap();
    let statistics = proxy.statistics();
    assert_eq!((statistics.connections, statistics.simple_queries, statistics.round_trips), (1, 1, 1));
    assert_eq!(statistics.statements, ["SELECT 1"]);
}

#[test]
fn a_commit_cut_before_forwarding_never_reaches_the_server() {
    let (answered, seen, _proxy) = commit_through(Cut::BeforeForward);
    assert!(!answered);
    assert_eq!(seen, ["BEGIN"]);
}

#[test]
fn a_commit_cut_after_its_reply_has_reached_the_server() {
    let (answered, seen, proxy) = commit_through(Cut::AfterReply);
    assert!(!answered);
    assert_eq!(seen, ["BEGIN", "COMMIT"]);
    assert_eq!(proxy.statistics().strikes, 1);
}

#[test]
fn a_short_freeze_only_delays() {
    for cut in [Cut::FreezeBefore, Cut::FreezeAfter] {
        let (answered, seen, _proxy) = commit_through(cut(Some(Duration::from_millis(30))));
        assert!(answered);
        assert_eq!(seen, ["BEGIN", "COMMIT"]);
    }
}

#[test]
fn a_frozen_commit_is_not_forwarded_once_the_client_has_left() {
    let (port, seen) = start_yes_man();
    let proxy = Proxy::start("127.0.0.1", port);
    proxy.on(Trigger::Sql("COMMIT"), Cut::FreezeBefore(None), 1);
    let mut client = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    client.write_all(b"\0\0\0\x09\0\x03\0\0\0Q\0\0\0\x0bCOMMIT\0").unwrap();
    while proxy.statistics().strikes == 0 {
        thread::yield_now();
    }
    drop(client);
    while !proxy.is_idle() {
        thread::yield_now();
    }
    assert!(seen.lock().unwrap().is_empty());
}

#[test]
fn a_connection_frozen_before_authentication_goes_on_after_a_thaw() {
    let (port, _) = start_yes_man();
    let proxy = Proxy::start("127.0.0.1", port);
    proxy.on(Trigger::Startup, Cut::FreezeBefore(None), 1);
    let front = proxy.port();
    let client = thread::spawn(move || connect(front).is_ok());
    while proxy.statistics().strikes == 0 {
        thread::yield_now();
    }
    while !client.is_finished() {
        proxy.thaw();
        thread::yield_now();
    }
    assert!(client.join().unwrap());
}

#[test]
fn a_proxy_that_refuses_opens_again() {
    let (port, _) = start_yes_man();
    let proxy = Proxy::start("127.0.0.1", port);
    proxy.refuse_for(Duration::from_millis(200));
    let mut refused = 0;
    while connect(proxy.port()).is_err() {
        refused += 1;
        thread::sleep(Duration::from_millis(5));
    }
    assert!(refused > 0);
}

#[test]
fn a_dropped_proxy_ends_its_frozen_connections() {
    let (port, _) = start_yes_man();
    let proxy = Proxy::start("127.0.0.1", port);
    proxy.on(Trigger::Startup, Cut::Swallow, 1);
    let mut client = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    client.write_all(b"\0\0\0\x09\0\x03\0\0\0").unwrap();
    while proxy.statistics().strikes == 0 {
        thread::yield_now();
    }
    drop(proxy);
    assert!(matches!(client.read(&mut [0]), Ok(0) | Err(_)));
}

#[test]
fn a_real_server_keeps_a_commit_whose_reply_was_lost_and_forgets_one_that_was_cut() {
    let database = Database::with_own_schema();
    database.run("CREATE TABLE proxied (id int)");
    let proxy = Proxy::start(database.host(), database.port());
    let rules =
        [(Cut::BeforeForward, "COMMIT", 0), (Cut::AfterReply, "COMMIT", 1), (Cut::AfterReply, "INSERT", 1)];
    for (cut, sql, kept) in rules {
        proxy.on(Trigger::Sql(sql), cut, 1);
        let mut client = Client::connect(&database.url_through(proxy.port()), NoTls).unwrap();
        let mut transaction = client.transaction().unwrap();
        let inserted = transaction.execute("INSERT INTO proxied SELECT unnest($1::int[])", &[&vec![1]]);
        assert_eq!(inserted.is_ok(), sql == "COMMIT");
        assert!(inserted.is_err() || transaction.commit().is_err());
        assert_eq!(database.count("proxied"), kept, "{cut:?} at {sql}");
    }
    assert_eq!(proxy.statistics().strikes, 3);
}
