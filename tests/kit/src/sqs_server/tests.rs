//! The outer tests of the test SQS server, spoken raw over TCP.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Action, Ending, Fault, Options, Server, Stage, When};

const QUEUE: &str = "login-queue";

fn start() -> Server {
    let server = Server::start(Options::default());
    server.create_queue(QUEUE, &[]);
    server
}

/// Everything the server sends on one connection until it closes, and how that ended.
fn exchange(server: &Server, request: &[u8]) -> (Vec<u8>, std::io::Result<usize>) {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
    stream.write_all(request).unwrap();
    let mut reply = Vec::new();
    let end = stream.read_to_end(&mut reply);
    (reply, end)
}

fn request(action: &str, parameters: &Value) -> Vec<u8> {
    let body = parameters.to_string();
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    let length = body.len();
    format!("{head}X-Amz-Target: AmazonSQS.{action}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

fn raw(server: &Server, action: &str, mut parameters: Value) -> (Vec<u8>, std::io::Result<usize>) {
    parameters["QueueUrl"] = server.queue_url(QUEUE).into();
    exchange(server, &request(action, &parameters))
}

/// A call that is answered properly: status and body.
fn call(server: &Server, action: &str, parameters: Value) -> (u16, Value) {
    let (reply, _) = raw(server, action, parameters);
    let reply = String::from_utf8(reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap())
}

fn receive(server: &Server, parameters: Value) -> Vec<Value> {
    let (status, mut reply) = call(server, "ReceiveMessage", parameters);
    assert_eq!(status, 200, "{reply}");
    match reply["Messages"].take() {
        Value::Array(messages) => messages,
        _ => Vec::new(),
    }
}

fn receive_ten(server: &Server) -> Vec<Value> {
    receive(server, json!({"MaxNumberOfMessages": 10}))
}

fn delete(server: &Server, messages: &[Value]) -> Value {
    let entry = |(position, message): (usize, &Value)| json!({"Id": position.to_string(), "ReceiptHandle": message["ReceiptHandle"]});
    let entries: Vec<Value> = messages.iter().enumerate().map(entry).collect();
    call(server, "DeleteMessageBatch", json!({"Entries": entries})).1
}

#[test]
fn a_message_is_received_once_and_gone_when_deleted() {
    let server = start();
    let id = server.send(QUEUE, "{\"ip\": \"1.2.3.4\"}");
    let messages = receive_ten(&server);
    assert_eq!(messages[0]["MessageId"], id);
    assert_eq!(messages[0]["Body"], "{\"ip\": \"1.2.3.4\"}");
    assert!(receive_ten(&server).is_empty());
    assert_eq!(server.counts(QUEUE).in_flight, 1);
    delete(&server, &messages);
    assert!(server.remaining_bodies(QUEUE).is_empty());
    assert_eq!(server.counts(QUEUE).deleted, 1);
}

#[test]
fn a_receipt_handle_goes_stale_at_the_next_receive() {
    let server = start();
    server.send(QUEUE, "once");
    let first = receive(&server, json!({"VisibilityTimeout": 0}));
    let second = receive(&server, json!({"AttributeNames": ["All"]}));
    assert_eq!(second[0]["Attributes"]["ApproximateReceiveCount"], "2");
    let reply = delete(&server, &first);
    assert_eq!(reply["Successful"][0]["Id"], "0");
    assert_eq!(server.remaining_bodies(QUEUE), ["once"]);
    delete(&server, &second);
    assert!(server.remaining_bodies(QUEUE).is_empty());
}

#[test]
fn a_long_poll_takes_a_message_that_arrives_while_it_waits() {
    let server = start();
    std::thread::scope(|scope| {
        let poll = scope.spawn(|| receive(&server, json!({"WaitTimeSeconds": 20})));
        while server.calls().count(Action::ReceiveMessage) == 0 {
            std::thread::yield_now();
        }
        server.send_delayed(QUEUE, "late", Duration::from_millis(50));
        assert_eq!(poll.join().unwrap().len(), 1);
    });
    assert_eq!(server.calls().log[0].wait_seconds, Some(20));
}

#[test]
fn a_message_received_too_often_moves_to_the_dead_letter_queue() {
    let server = start();
    server.create_queue("dead", &[]);
    let policy = json!({"deadLetterTargetArn": server.queue_arn("dead"), "maxReceiveCount": 2});
    call(&server, "SetQueueAttributes", json!({"Attributes": {"RedrivePolicy": policy.to_string()}}));
    server.send(QUEUE, "poison");
    let received: Vec<usize> =
        (0..3).map(|_| receive(&server, json!({"VisibilityTimeout": 0})).len()).collect();
    assert_eq!(received, [1, 1, 0]);
    assert_eq!(server.remaining_bodies("dead"), ["poison"]);
    assert_eq!(server.counts(QUEUE).visible, 0);
}

#[test]
fn a_group_waits_for_its_first_message() {
    let server = start();
    for body in ["a", "b", "c"] {
        call(&server, "SendMessage", json!({"MessageBody": body, "MessageGroupId": "g"}));
    }
    let first = receive(&server, json!({}));
    assert!(receive_ten(&server).is_empty());
    server.expire_visibility(QUEUE);
    let bodies: Vec<Value> = receive_ten(&server).iter().map(|message| message["Body"].clone()).collect();
    assert_eq!(first[0]["Body"], "a");
    assert_eq!(bodies, ["a", "b", "c"]);
}

#[test]
fn duplicates_bear_the_same_id_under_handles_of_their_own() {
    let server = start();
    server.send(QUEUE, "again");
    server.fault(Fault::DuplicateNow, When::Nth(Action::ReceiveMessage, 1));
    server.fault(Fault::DuplicateNext, When::Nth(Action::ReceiveMessage, 1));
    let mut messages = receive_ten(&server);
    assert_eq!(messages.len(), 2);
    messages.extend(receive_ten(&server));
    assert_eq!(messages.len(), 4);
    assert!(messages.iter().all(|message| message["MessageId"] == messages[0]["MessageId"]));
    assert_ne!(messages[0]["ReceiptHandle"], messages[1]["ReceiptHandle"]);
    delete(&server, &messages);
    assert!(server.remaining_bodies(QUEUE).is_empty());
}

#[test]
fn batch_entries_fail_where_planned_and_only_there() {
    let server = start();
    (0..3).for_each(|number| drop(server.send(QUEUE, &number.to_string())));
    let fault = Fault::FailEntries { positions: vec![1], sender_fault: false };
    server.fault(fault, When::Nth(Action::DeleteMessageBatch, 1));
    server.fault(Fault::StaleHandles(vec![2]), When::Always(Action::DeleteMessageBatch));
    let reply = delete(&server, &receive_ten(&server));
    assert_eq!(reply["Failed"][0]["SenderFault"], false);
    assert_eq!(reply["Failed"][1]["Code"], "ReceiptHandleIsInvalid");
    assert_eq!(server.remaining_bodies(QUEUE), ["1", "2"]);
}

#[test]
fn refusals_are_spelled_as_aws_spells_them() {
    let server = start();
    server.fault(Fault::Code("ExpiredToken"), When::Next(Action::Any, 2));
    let (status, reply) = call(&server, "ReceiveMessage", json!({}));
    assert_eq!((status, &reply["__type"]), (403, &json!("com.amazon.coral.service#ExpiredTokenException")));
    let form = format!("Action=ReceiveMessage&QueueUrl={}", server.queue_url(QUEUE));
    let head = format!("POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", form.len());
    let (reply, _) = exchange(&server, (head + &form).as_bytes());
    let reply = String::from_utf8(reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 403") && reply.contains("<Code>ExpiredToken</Code>"), "{reply}");
}

#[test]
fn false_answers_leave_the_queue_as_it_is() {
    let server = start();
    server.send(QUEUE, "kept");
    let page = |status| Fault::Status { stage: Stage::Before, status, body: "busy".to_string() };
    for fault in [Fault::FalseEmpty, Fault::html(), Fault::empty(), page(503), Fault::Reset(Stage::Before)] {
        server.fault(fault, When::Nth(Action::ReceiveMessage, 1));
        let _ = raw(&server, "ReceiveMessage", json!({}));
        assert_eq!(server.counts(QUEUE).visible, 1);
        server.clear_faults();
    }
    assert_eq!(receive_ten(&server).len(), 1);
}

#[test]
fn a_lost_reply_leaves_the_work_done() {
    let server = start();
    server.send(QUEUE, "taken");
    server.fault(Fault::Reset(Stage::After), When::Next(Action::ReceiveMessage, 1));
    let (reply, end) = raw(&server, "ReceiveMessage", json!({}));
    assert!(reply.is_empty());
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert_eq!(server.counts(QUEUE).in_flight, 1);
}

#[test]
fn a_truncated_reply_is_cut_where_told_and_framed_as_told() {
    let server = start();
    server.send(QUEUE, "long enough to be cut");
    server.fault(Fault::ExpireVisibility, When::Always(Action::Any));
    let endings = [
        (Ending::FullLength, "Content-Length: ", "\r\n\r\n{\"Messages"),
        (Ending::RightLength, "Content-Length: 10\r\n", "\r\n\r\n{\"Messages"),
        (Ending::Chunked, "chunked", "\r\n\r\na\r\n{\"Messages\r\n"),
    ];
    for (ending, framing, tail) in endings {
        server.fault(Fault::Truncate { at: 10, ending }, When::Next(Action::ReceiveMessage, 1));
        let (reply, _) = raw(&server, "ReceiveMessage", json!({}));
        let reply = String::from_utf8(reply).unwrap();
        assert!(reply.contains(framing) && reply.ends_with(tail), "{reply}");
    }
}

#[test]
fn odd_headers_wrong_checksums_and_slow_bytes_still_carry_the_message() {
    let server = start();
    let id = server.send(QUEUE, "body");
    server.fault(Fault::OddHeader, When::Always(Action::Any));
    server.fault(Fault::WrongMd5(0), When::Always(Action::Any));
    server.fault(Fault::SlowBytes(Duration::from_micros(10)), When::Always(Action::Any));
    let (reply, _) = raw(&server, "ReceiveMessage", json!({}));
    assert!(reply.contains(&0xE9));
    let text = String::from_utf8_lossy(&reply);
    assert!(text.contains(&id) && !text.contains(&super::message::md5_of("body")), "{text}");
}

#[test]
fn a_dropped_server_ends_mute_calls_and_long_polls() {
    for mute in [true, false] {
        let server = start();
        if mute {
            server.fault(Fault::Mute(Stage::Before, Duration::from_secs(600)), When::Always(Action::Any));
        }
        let mut stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        let parameters = json!({"QueueUrl": server.queue_url(QUEUE), "WaitTimeSeconds": 20});
        stream.write_all(&request("ReceiveMessage", &parameters)).unwrap();
        while server.calls().total() == 0 {
            std::thread::yield_now();
        }
        drop(server);
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        assert!(!mute || reply.is_empty());
    }
}

#[test]
fn a_server_of_one_protocol_refuses_the_other_in_its_own_words() {
    let body = "Action=ReceiveMessage";
    let query =
        format!("POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let json = request("ReceiveMessage", &json!({}));
    for (speaks_json, request, words) in [
        (false, json, "<Message>this server does not"),
        (true, query.into_bytes(), r#""message":"this server does not"#),
    ] {
        let server = Server::start(Options { json: speaks_json, query: !speaks_json, ..Options::default() });
        let reply = String::from_utf8(exchange(&server, &request).0).unwrap();
        assert!(reply.contains(" 400 ") && reply.contains(words), "{reply}");
    }
}
