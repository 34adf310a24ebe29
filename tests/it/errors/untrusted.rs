//! The test of an SQS endpoint whose certificate nobody has signed.

use std::net::TcpListener;

use kit::{Scene, acceptor};

/// The address of a server that shows this certificate for as long as the test lasts.
fn serve() -> String {
    let (acceptor, listener) = (acceptor(), TcpListener::bind("127.0.0.1:0").unwrap());
    let address = format!("https://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        listener.incoming().for_each(|stream| drop(stream.map(|stream| acceptor.accept(stream))));
    });
    address
}

#[test]
fn a_certificate_that_is_not_trusted_ends_the_run_with_the_way_out() {
    let scene = Scene::new().ready(&[]);
    let endpoint = serve();
    let outcome = scene.drain().flags(&format!("--endpoint-url {endpoint}")).exits(1).complains("").run();
    let line = outcome.stderr;
    assert!(line.starts_with(&format!("login-drain: could not trust SQS at {endpoint}: TLS: ")), "{line}");
    assert!(line.trim_end().ends_with("name that authority's file in SSL_CERT_FILE"), "{line}");
}
