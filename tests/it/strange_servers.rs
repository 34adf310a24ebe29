//! The stories of servers that speak SQS in one way only, or answer in another place than AWS does.

use std::io::Write;
use std::net::TcpListener;

use kit::sqs_server::Options;
use kit::{Action, Database, Fault, QUEUE, Scene, Server, Stage, When, login, rogue};

use crate::networks::{passed_on, request};

fn scene(options: Options) -> Scene {
    Scene::on(Server::start(options), QUEUE, &[], Database::with_own_schema())
}

/// Every action that there is: the URL, attributes, receive, give back, send, delete.
fn every_action_works(scene: &Scene) {
    scene.init_db();
    let dead_letters = scene.server().create_queue("dead-letters", &[]);
    let bodies = (0..9).map(|_| login("anna")).chain([rogue()]);
    bodies.for_each(|body| drop(scene.server().send(QUEUE, &body)));
    scene.peek().may_say_anything().run();
    assert_eq!(scene.server().counts(QUEUE).in_flight, 0, "peek gives back");
    let drain = scene.drain().without("LOGIN_DRAIN_QUEUE_URL").flags("--queue-name").flags(QUEUE);
    let drain = drain.flags("--rejects dead-letter --dead-letter-queue-url").flags(&dead_letters);
    let books = drain.exits(3).may_say_anything().books();
    assert_eq!((&books["inserted"], &books["deleted"]), (&9.into(), &10.into()), "{books}");
    assert_eq!(scene.server().remaining_bodies("dead-letters").len(), 1);
}

#[test]
fn a_server_of_one_protocol_is_asked_for_everything_in_that_one() {
    every_action_works(&scene(Options { query: false, ..Options::default() }));
    every_action_works(&scene(Options { json: false, ..Options::default() }));
}

#[test]
fn whatever_is_said_to_a_call_in_json_that_is_none_of_sqs_the_older_protocol_is_tried() {
    for (status, body) in [
        (500, "<ErrorResponse><Error><Code></Code></Error></ErrorResponse>"),
        (415, r#"{"detail":"Unsupported media type"}"#),
        (404, "<html><body>no such page</body></html>"),
        (405, ""),
        (200, "ok"),
    ] {
        let scene = scene(Options { json: false, ..Options::default() });
        scene.init_db();
        scene.server().send(QUEUE, &login("anna"));
        let answer = Fault::Status { stage: Stage::Before, status, body: body.to_owned() };
        scene.server().fault(answer, When::Next(Action::Any, 1));
        let books = scene.drain().books();
        assert_eq!(books["inserted"], 1, "{status} {body}");
    }
}

/// Passes on what is for a queue's own path, as a server or a gateway does that knows nothing else.
fn on_paths_alone(server: &Server) -> String {
    let (listener, address) =
        (TcpListener::bind("127.0.0.1:0").unwrap(), format!("127.0.0.1:{}", server.port()));
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut client, address) = (stream.unwrap(), address.clone());
            std::thread::spawn(move || {
                let Some((head, body)) = request(&mut client) else { return };
                if head.starts_with("POST / ") {
                    let page = "<html>nothing here</html>";
                    let length = page.len();
                    let _ = write!(
                        client,
                        "HTTP/1.1 404 No\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{page}"
                    );
                    return;
                }
                let (line, headers) = head.split_once("\r\n").unwrap();
                let reply = passed_on(&address, &line.replace("/behind", ""), headers, &body);
                let _ = client.write_all(&reply);
            });
        }
    });
    url
}

#[test]
fn a_server_that_answers_on_the_path_of_the_queue_alone_is_found_there() {
    for path in ["", "/behind"] {
        let scene = scene(Options::default()).ready(&[&login("anna"), &login("boris")]);
        let gateway = on_paths_alone(scene.server());
        let url = scene.queue.url().replace(scene.server().url(), &format!("{gateway}{path}"));
        let drain = scene.drain().env("AWS_ENDPOINT_URL_SQS", &gateway).env("LOGIN_DRAIN_QUEUE_URL", &url);
        let books = drain.books();
        assert_eq!((&books["inserted"], &books["deleted"]), (&2.into(), &2.into()), "{path}: {books}");
    }
}

#[test]
fn a_page_that_wants_a_login_is_told_as_none_of_sqs() {
    for status in [302, 401, 403] {
        let scene = Scene::scripted().ready(&[&login("anna")]);
        let body = "<html><body>please log in</body></html>".to_owned();
        scene.server().fault(Fault::Status { stage: Stage::Before, status, body }, When::Always(Action::Any));
        let outcome = scene.drain().exits(1).complains("is not SQS").run();
        assert!(outcome.stderr.contains("--endpoint-url"), "{outcome:?}");
        assert!(!outcome.stderr.contains("AWS support") && !outcome.stderr.contains("Http"), "{outcome:?}");
    }
}
