//! The certificates of the test: an authority, the server's and a client's, and an authority nobody uses.

use std::path::Path;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509Name, X509NameRef};

use super::file::write;

/// A certificate with its key, as PEM.
pub struct Issued {
    pub authority: String,
    pub server: (String, String),
}

/// Writes `root.crt`, `other.crt`, `client.crt`, `client.key` and copies of the key with other modes or content
/// into `directory`. The server's pair is handed back, for the server's own directory.
pub fn issue_all(directory: &Path) -> Issued {
    let (root, root_key) = issue("login-drain test authority", None, None);
    let (other, other_key) = issue("another authority", None, None);
    let signer = Some((&root, &root_key));
    let (server, server_key) = issue("localhost", Some("localhost"), signer);
    let (client, client_key) = issue("certified", None, signer);
    for (name, text, mode) in [
        ("root.crt", pem(&root), 0o644),
        ("other.crt", pem(&other), 0o644),
        ("empty.crt", String::new(), 0o644),
        ("client.crt", pem(&client), 0o644),
        ("client.key", key_pem(&client_key), 0o600),
        ("loose.key", key_pem(&client_key), 0o644),
        ("other.key", key_pem(&other_key), 0o600),
    ] {
        write(&directory.join(name), &text, mode);
    }
    Issued { authority: pem(&root), server: (pem(&server), key_pem(&server_key)) }
}

/// Without a signer the certificate signs itself and is an authority.
fn issue(name: &str, host: Option<&str>, signer: Option<(&X509, &PKey<Private>)>) -> (X509, PKey<Private>) {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let subject = common_name(name);
    let issuer: &X509NameRef = signer.map_or(&subject, |(certificate, _)| certificate.subject_name());
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_u32(name.len() as u32).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(issuer).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
    if signer.is_none() {
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    }
    if let Some(host) = host {
        let names =
            SubjectAlternativeName::new().dns(host).build(&builder.x509v3_context(None, None)).unwrap();
        builder.append_extension(names).unwrap();
    }
    builder.sign(signer.map_or(&key, |(_, key)| key), MessageDigest::sha256()).unwrap();
    (builder.build(), key)
}

fn common_name(name: &str) -> X509Name {
    let mut builder = X509Name::builder().unwrap();
    builder.append_entry_by_text("CN", name).unwrap();
    builder.build()
}

fn pem(certificate: &X509) -> String {
    String::from_utf8(certificate.to_pem().unwrap()).unwrap()
}

fn key_pem(key: &PKey<Private>) -> String {
    String::from_utf8(key.private_key_to_pem_pkcs8().unwrap()).unwrap()
}
