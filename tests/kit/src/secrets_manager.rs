//! A Secrets Manager on 127.0.0.1 that holds one secret and counts how often it is asked for it.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::sqs_server::http::{Framing, Reader, Reply};

pub struct SecretsManager {
    url: String,
    calls: Arc<AtomicUsize>,
}

impl SecretsManager {
    pub fn holding(name: &'static str, secret: String) -> SecretsManager {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = calls.clone();
        // It ends with the test's process.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (secret, counter) = (secret.clone(), counter.clone());
                thread::spawn(move || serve(stream.unwrap(), name, &secret, &counter));
            }
        });
        SecretsManager { url, calls }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// Calls of GetSecretValue up to now.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

fn serve(mut stream: TcpStream, name: &str, secret: &str, calls: &AtomicUsize) {
    let mut reader = Reader::default();
    while let Ok(Some(request)) = reader.next(&mut stream) {
        assert_eq!(request.target.as_deref(), Some("secretsmanager.GetSecretValue"));
        let asked: Value = serde_json::from_slice(reader.body(&request)).unwrap();
        assert_eq!(asked, json!({ "SecretId": name }));
        calls.fetch_add(1, Ordering::Relaxed);
        let body = json!({ "Name": name, "SecretString": secret }).to_string();
        let framing = Framing::Length(body.len());
        let mut wire = Vec::new();
        let content_type = "application/x-amz-json-1.1";
        Reply { status: 200, content_type, extra: b"", body: &body, framing }.write(&mut wire);
        if stream.write_all(&wire).is_err() {
            return;
        }
    }
}
