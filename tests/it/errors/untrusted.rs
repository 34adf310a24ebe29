//! The test of an SQS endpoint whose certificate nobody has signed.

use std::net::TcpListener;

use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::{X509, X509Builder, X509NameBuilder};

use kit::Scene;

/// A certificate for 127.0.0.1 that vouches for itself.
fn certificate() -> (X509, PKey<Private>) {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "127.0.0.1").unwrap();
    let name = name.build();
    let mut builder = X509Builder::new().unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    (builder.build(), key)
}

/// The address of a server that shows this certificate for as long as the test lasts.
fn serve() -> String {
    let (certificate, key) = certificate();
    let mut acceptor = SslAcceptor::mozilla_intermediate(SslMethod::tls()).unwrap();
    acceptor.set_certificate(&certificate).unwrap();
    acceptor.set_private_key(&key).unwrap();
    let (acceptor, listener) = (acceptor.build(), TcpListener::bind("127.0.0.1:0").unwrap());
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
