//! A stand-in for IMDSv2, the container endpoint, STS, SSO and its token service, on 127.0.0.1.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const END: &str = "2099-01-01T00:00:00Z";

/// The requests seen so far, as "METHOD path authorization body".
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn count(&self, words: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|line| line.contains(words)).count()
    }

    pub fn all(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

pub struct Standin {
    pub url: String,
    pub log: Log,
}

impl Standin {
    /// Its thread ends with the test run. With `status`, every answer is that failure.
    pub fn start(status: Option<u16>) -> Standin {
        Standin::after(Duration::ZERO, Duration::ZERO, status)
    }

    /// Nobody listens until `late` is over, and each answer takes as long as `slow`.
    pub fn after(late: Duration, slow: Duration, status: Option<u16>) -> Standin {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = listener.local_addr().unwrap();
        let log = Log::default();
        let seen = log.clone();
        let mut listener = Some(listener).filter(|_| late.is_zero());
        std::thread::spawn(move || {
            std::thread::sleep(late);
            let listener = listener.take().unwrap_or_else(|| TcpListener::bind(place).unwrap());
            for stream in listener.incoming() {
                let seen = seen.clone();
                std::thread::spawn(move || {
                    std::thread::sleep(slow);
                    answer(stream.unwrap(), status, &seen);
                });
            }
        });
        Standin { url: format!("http://{place}"), log }
    }
}

struct Request {
    line: String,
    head: String,
    body: String,
}

fn read(stream: &TcpStream) -> Request {
    let mut reader = BufReader::new(stream);
    let (mut line, mut head, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut line).unwrap();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let header = header.trim_end();
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').unwrap();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&format!("{}:{}\n", name.to_ascii_lowercase(), value.trim()));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    Request { line, head, body: String::from_utf8(body).unwrap() }
}

fn answer(mut stream: TcpStream, broken: Option<u16>, log: &Log) {
    let request = read(&stream);
    let authorization = request.head.lines().find(|line| line.starts_with("authorization:")).unwrap_or("-");
    log.0.lock().unwrap().push(format!("{} {authorization} {}", request.line.trim(), request.body));
    let (status, kind, body) = match broken {
        Some(status) => (status, "text/plain", "out of order".into()),
        None => route(&request),
    };
    let length = body.len();
    let reply = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\
         x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n\r\n{body}"
    );
    let _ = stream.write_all(reply.as_bytes());
}

fn route(request: &Request) -> (u16, &'static str, String) {
    let has = |header: &str| request.head.contains(header);
    let path = request.line.split(' ').nth(1).unwrap();
    match (path, request.body.as_str()) {
        ("/latest/api/token", _) => (200, "text/plain", "imds-token".into()),
        (path, _) if path.starts_with("/latest/") && !has("x-aws-ec2-metadata-token:imds-token") => {
            (401, "text/plain", String::new())
        }
        ("/latest/meta-data/iam/security-credentials/", _) => (200, "text/plain", "my-role".into()),
        ("/latest/meta-data/iam/security-credentials/my-role", _) => (200, "text/plain", metadata("IMDS")),
        ("/v2/container", _) => (200, "application/json", metadata("CONTAINER")),
        ("/pod", _) if has("authorization:pod-token") => (200, "application/json", metadata("POD")),
        ("/token", body) if body.contains("refresh-me") => (200, "application/json", sso_token()),
        (path, _) if path.starts_with("/federation/credentials") => role(has("sso_bearer_token:sso-token")),
        (_, body) if body.contains("Action=AssumeRoleWithWebIdentity") && body.contains("a-jwt") => {
            (200, "text/xml", sts("AssumeRoleWithWebIdentity", "IRSA"))
        }
        (_, body) if body.contains("Action=AssumeRole&") && !body.contains("forbidden") => {
            (200, "text/xml", sts("AssumeRole", "ROLE"))
        }
        _ => (403, "text/xml", denied()),
    }
}

fn metadata(name: &str) -> String {
    format!(
        r#"{{"Code":"Success","LastUpdated":"2020-01-01T00:00:00Z","Type":"AWS-HMAC","AccessKeyId":"AK{name}","SecretAccessKey":"secret/{name}","Token":"token=={name}==","Expiration":"{END}"}}"#
    )
}

fn sso_token() -> String {
    r#"{"accessToken":"sso-token","expiresIn":3600,"refreshToken":"next","tokenType":"Bearer"}"#.into()
}

fn role(authorized: bool) -> (u16, &'static str, String) {
    if !authorized {
        return (
            401,
            "application/json",
            r#"{"__type":"UnauthorizedException","message":"Session token not found or invalid"}"#.into(),
        );
    }
    let body = r#"{"roleCredentials":{"accessKeyId":"AKSSO","secretAccessKey":"secret/SSO","sessionToken":"token==SSO==","expiration":4070908800000}}"#;
    (200, "application/json", body.into())
}

fn sts(action: &str, name: &str) -> String {
    format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>\
         <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/r/s</Arn><AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser>\
         <Credentials><AccessKeyId>AK{name}</AccessKeyId><SecretAccessKey>secret/{name}</SecretAccessKey>\
         <SessionToken>token=={name}==</SessionToken><Expiration>{END}</Expiration></Credentials>\
         </{action}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{action}Response>"
    )
}

fn denied() -> String {
    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
     <Code>AccessDenied</Code><Message>not allowed to assume it</Message></Error>\
     <RequestId>1</RequestId></ErrorResponse>"
        .into()
}
