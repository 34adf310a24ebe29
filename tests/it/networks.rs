//! The stories of networks and settings as users have them: proxies, profiles, texts from files.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use kit::{Action, Scene, acceptor_and_authority, login};

/// A proxy that notes the first line of each request, and sends what is for `sqs.internal` to a server of ours.
struct ForwardProxy {
    url: String,
    lines: Arc<Mutex<Vec<String>>>,
}

/// What a proxy does with a request.
#[derive(Clone)]
enum Manner {
    PassOnTo(String),
    Answer(u16),
}

impl ForwardProxy {
    fn start(manner: Manner) -> ForwardProxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://me:hunter2@{}", listener.local_addr().unwrap());
        let lines = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&lines);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (noted, manner) = (Arc::clone(&noted), manner.clone());
                std::thread::spawn(move || serve(stream.unwrap(), &noted, &manner));
            }
        });
        ForwardProxy { url, lines }
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

/// One exchange, after which the connection ends.
fn serve(mut client: TcpStream, lines: &Mutex<Vec<String>>, manner: &Manner) {
    let Some((head, body)) = request(&mut client) else { return };
    let (line, headers) = head.split_once("\r\n").unwrap();
    lines.lock().unwrap().push(line.to_owned());
    assert!(headers.contains("Proxy-Authorization: Basic bWU6aHVudGVyMg=="), "{headers}");
    match manner {
        Manner::Answer(status) => {
            let _ = write!(client, "HTTP/1.1 {status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        }
        Manner::PassOnTo(address) => {
            let line = line.replace("http://sqs.internal", "");
            let _ = client.write_all(&passed_on(address, &line, headers, &body));
        }
    }
}

/// The reply of the server at `address`, after which both connections end.
pub fn passed_on(address: &str, line: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut server = TcpStream::connect(address).unwrap();
    write!(server, "{line}\r\nConnection: close\r\n{headers}").unwrap();
    server.write_all(body).unwrap();
    let mut reply = Vec::new();
    let _ = server.read_to_end(&mut reply);
    // Else the client would keep a connection that is about to end.
    let head = reply.windows(2).position(|two| two == b"\r\n").unwrap_or_default();
    reply.splice(head..head, *b"\r\nConnection: close");
    reply
}

pub fn request(client: &mut impl Read) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut more = [0; 16 * 1024];
    loop {
        let read = client.read(&mut more).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&more[..read]);
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end + 4]).into_owned();
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if bytes.len() >= end + 4 + length.unwrap_or(0) {
            return Some((head, bytes.split_off(end + 4)));
        }
    }
}

#[test]
fn plain_http_goes_through_a_proxy_as_whole_urls_and_not_through_a_tunnel() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    let server = scene.queue.endpoint().replace("http://", "");
    let proxy = ForwardProxy::start(Manner::PassOnTo(server));
    let drain =
        scene.drain().env("AWS_ENDPOINT_URL_SQS", "http://sqs.internal").env("HTTP_PROXY", &proxy.url);
    assert_eq!(drain.books()["inserted"], 1);
    let lines = proxy.lines();
    assert!(!lines.is_empty());
    assert!(lines.iter().all(|line| line == "POST http://sqs.internal/ HTTP/1.1"), "{lines:?}");
}

#[test]
fn a_fault_of_a_proxy_is_told_with_its_variable_its_host_and_its_status() {
    let scene = Scene::scripted().ready(&[]);
    let drain = |variable: &str, endpoint: &str, proxy: &ForwardProxy| {
        scene.drain().patient_for(0).env("AWS_ENDPOINT_URL_SQS", endpoint).env(variable, &proxy.url)
    };
    for (variable, endpoint) in
        [("HTTPS_PROXY", "https://sqs.internal"), ("HTTP_PROXY", "http://sqs.internal")]
    {
        let login = ForwardProxy::start(Manner::Answer(407));
        let told = format!("the proxy in {variable} (127.0.0.1:");
        let drain = drain(variable, endpoint, &login).exits(1).complains(&told);
        drain.complains("wants a login (HTTP 407): put its user and password into the proxy's URL").run();
    }
    let barred = ForwardProxy::start(Manner::Answer(403));
    let told = "the proxy in HTTPS_PROXY (127.0.0.1:";
    let drain = drain("HTTPS_PROXY", "https://sqs.internal", &barred).exits(75).complains(told);
    drain.complains("answered HTTP 403; nothing is lost").run();
}

#[test]
fn a_proxy_that_is_down_is_told_as_such() {
    let scene = Scene::scripted().ready(&[]);
    let nobody = kit::ClosedPort::take();
    let drain = scene.drain().patient_for(0).env("AWS_ENDPOINT_URL_SQS", "http://sqs.internal");
    let drain =
        drain.env("ALL_PROXY", &nobody.url()).exits(75).complains("the proxy in ALL_PROXY (127.0.0.1:");
    drain.complains("Connection refused").run();
}

#[test]
fn a_host_that_no_proxy_lists_is_dialled_directly() {
    let scene = Scene::scripted().ready(&[]);
    let proxy = ForwardProxy::start(Manner::Answer(403));
    let drain = scene.drain().patient_for(0).env("HTTP_PROXY", &proxy.url).exits(75);
    let drain =
        drain.env("AWS_ENDPOINT_URL_SQS", "http://sqs.invalid:4566").env("NO_PROXY", "sqs.invalid:4566");
    drain.complains("could not be looked up").run();
    assert_eq!(proxy.lines(), [""; 0]);
}

#[test]
fn the_address_of_sqs_is_taken_from_the_services_of_the_profile_unless_it_is_to_be_ignored() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    let endpoint = scene.queue.endpoint();
    let config = format!(
        "[profile drain]\nservices = here\nendpoint_url = http://127.0.0.1:1\n\n[services here]\nsqs =\n  endpoint_url = {endpoint}\n"
    );
    let config = scene.file("config", config.as_bytes(), 0o600).display().to_string();
    let drain = || {
        let drain = scene.drain().without("AWS_ENDPOINT_URL_SQS").env("AWS_CONFIG_FILE", &config);
        // A region and a name: nothing but the profile says where.
        drain.env("AWS_PROFILE", "drain").without("LOGIN_DRAIN_QUEUE_URL").flags("--queue-name login-queue")
    };
    assert_eq!(drain().books()["inserted"], 1);
    let calls = scene.server().calls().total();
    let ignored =
        drain().env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true").env("HTTPS_PROXY", "http://127.0.0.1:1");
    ignored.patient_for(0).exits(75).complains("https://sqs.eu-central-1.amazonaws.com").run();
    assert_eq!(scene.server().calls().total(), calls);
}

#[test]
fn a_file_of_certificates_that_cannot_be_used_is_named_with_its_setting() {
    let scene = Scene::scripted().ready(&[]);
    let empty = scene.file("ca.pem", b"", 0o644).display().to_string();
    let line =
        format!("could not use `{empty}`, named by AWS_CA_BUNDLE: it holds no certificate in PEM form");
    scene.drain().env("AWS_CA_BUNDLE", &empty).fails_with(1, &line);
    assert_eq!(scene.server().calls().count(Action::ReceiveMessage), 0);
}

#[test]
fn the_certificates_of_a_file_are_trusted_where_aws_ca_bundle_names_it() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    let (acceptor, authority) = acceptor_and_authority();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("https://{}", listener.local_addr().unwrap());
    let server = format!("127.0.0.1:{}", scene.server().port());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (acceptor, server) = (acceptor.clone(), server.clone());
            std::thread::spawn(move || {
                let Ok(mut client) = acceptor.accept(stream.unwrap()) else { return };
                let Some((head, body)) = request(&mut client) else { return };
                let (line, headers) = head.split_once("\r\n").unwrap();
                let reply = passed_on(&server, line, headers, &body);
                let _ = client.write_all(&reply).and_then(|()| client.flush());
                let _ = client.shutdown();
            });
        }
    });
    let file = scene.file("ca.pem", &authority, 0o644).display().to_string();
    let drain = scene.drain().env("AWS_ENDPOINT_URL_SQS", &endpoint).env("AWS_CA_BUNDLE", &file);
    assert_eq!(drain.books()["inserted"], 1);
}

#[test]
fn a_queue_url_from_a_file_may_have_white_space_around() {
    let scene = Scene::scripted().ready(&[&login("anna")]);
    let url = format!(" {}\n", scene.queue.url());
    assert_eq!(scene.drain().env("LOGIN_DRAIN_QUEUE_URL", &url).books()["inserted"], 1);
}

#[test]
fn the_queue_of_another_region_than_the_cluster_s_is_drained_with_a_word() {
    let scene = Scene::scripted().ready(&[]);
    let word = "the queue is in us-east-1, as the queue URL says, though AWS_REGION is eu-central-1";
    let url = "https://sqs.us-east-1.amazonaws.com/000000000000/login-queue";
    scene.drain().env("LOGIN_DRAIN_QUEUE_URL", url).complains(word).prints("drained").run();
}
