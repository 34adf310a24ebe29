//! Stand-ins for servers in a state that a real one cannot be held in: starting up, closing, not PostgreSQL.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// Answers each connection by `answer`, for as long as the test runs. Hands back the port.
pub fn listen(answer: fn(TcpStream) -> std::io::Result<()>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // A client that goes away in the middle is no matter here.
            let _ = answer(stream.unwrap());
        }
    });
    port
}

/// Refuses TLS, then refuses the login with 57P03 and a DETAIL and HINT that nobody should see.
pub fn starting_up(mut stream: TcpStream) -> std::io::Result<()> {
    let mut head = [0; 8];
    stream.read_exact(&mut head)?;
    if head == [0, 0, 0, 8, 4, 210, 22, 47] {
        stream.write_all(b"N")?;
        stream.read_exact(&mut head)?;
    }
    let rest = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) - 8;
    stream.read_exact(&mut vec![0; rest as usize])?;
    let fields = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0Dhunter2\0Hhunter2\0\0";
    stream.write_all(b"E")?;
    stream.write_all(&(fields.len() as u32 + 4).to_be_bytes())?;
    stream.write_all(fields)
}

/// Hears the first words and hangs up, as a proxy does whose server is gone.
pub fn closing(mut stream: TcpStream) -> std::io::Result<()> {
    stream.read_exact(&mut [0; 8])
}

/// Answers everything as a web server would.
pub fn web_server(mut stream: TcpStream) -> std::io::Result<()> {
    stream.read_exact(&mut [0; 8])?;
    stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
