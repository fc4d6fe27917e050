//! What a certificate says. Names from subjectAltName only (protocol.md 6.5).
use ring::digest::{Algorithm, SHA256, SHA512, digest};
use serde::Serialize;
use std::fmt::Write;
use x509_parser::der_parser::asn1_rs::{Any, FromDer, Tag};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

const SRV_NAME: &str = "1.3.6.1.5.5.7.8.7";
const XMPP_ADDR: &str = "1.3.6.1.5.5.7.8.5";
const SERVICE: &str = "_xmpp-server.";

#[derive(Debug, Serialize)]
pub struct Identifier {
    pub kind: &'static str,
    pub name: String,
}

/// Times are milliseconds since the epoch.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    pub identifiers: Vec<Identifier>,
    pub subject: String,
    pub issuer: String,
    pub not_before: i64,
    pub not_after: i64,
    #[serde(flatten)]
    pub digests: Digests,
}

/// What TLSA records and POSH documents are compared with, lower-case hex.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Digests {
    pub sha256: String,
    pub sha512: String,
    pub spki_sha256: String,
    pub spki_sha512: String,
}

impl Digests {
    /// None when it is no certificate.
    pub fn of(der: &[u8]) -> Option<Digests> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let key = certificate.public_key().raw;
        Some(Digests {
            sha256: hex(&SHA256, der),
            sha512: hex(&SHA512, der),
            spki_sha256: hex(&SHA256, key),
            spki_sha512: hex(&SHA512, key),
        })
    }
}

/// None when it is no certificate.
pub fn facts(der: &[u8]) -> Option<Facts> {
    let (rest, certificate) = X509Certificate::from_der(der).ok()?;
    if !rest.is_empty() {
        return None;
    }
    let validity = certificate.validity();
    Some(Facts {
        identifiers: identifiers(&certificate),
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        not_before: validity.not_before.timestamp().saturating_mul(1000),
        not_after: validity.not_after.timestamp().saturating_mul(1000),
        digests: Digests::of(der)?,
    })
}

fn identifiers(certificate: &X509Certificate<'_>) -> Vec<Identifier> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    names
        .value
        .general_names
        .iter()
        .filter_map(identifier)
        .collect()
}

fn identifier(name: &GeneralName<'_>) -> Option<Identifier> {
    match name {
        GeneralName::DNSName(name) => named("dns", name),
        GeneralName::OtherName(oid, value) => {
            let text = other_name(value)?;
            match oid.to_id_string().as_str() {
                // RFC 4985: only the service of server-to-server streams says anything here.
                SRV_NAME => named("srv", strip_service(&text)?),
                XMPP_ADDR => named("xmpp", &text),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Names that could never match are left out (protocol.md 6.5): no address of a user, no wildcard but a whole left-most
/// label of a DNS name. An xmppAddr may hold U-labels (RFC 6120 13.7.1.4); TypeScript converts them.
fn named(kind: &'static str, name: &str) -> Option<Identifier> {
    let plain = match kind {
        "dns" => name.strip_prefix("*.").unwrap_or(name),
        _ => name,
    };
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_') || !c.is_ascii();
    let label = |label: &str| (1..=63).contains(&label.len()) && label.chars().all(legal);
    let fits = name.len() <= 253 && plain.split('.').all(label);
    (fits && (kind == "xmpp" || name.is_ascii())).then(|| Identifier {
        kind,
        name: name.to_lowercase(),
    })
}

fn strip_service(name: &str) -> Option<&str> {
    let (service, domain) = name.split_at_checked(SERVICE.len())?;
    service.eq_ignore_ascii_case(SERVICE).then_some(domain)
}

/// `[0] EXPLICIT` around an IA5String or a UTF8String.
fn other_name(value: &[u8]) -> Option<String> {
    let (rest, outer) = Any::from_der(value).ok()?;
    let (inner_rest, inner) = Any::from_der(outer.data).ok()?;
    let is_text = matches!(inner.tag(), Tag::Ia5String | Tag::Utf8String);
    if !(rest.is_empty() && inner_rest.is_empty() && is_text) {
        return None;
    }
    std::str::from_utf8(inner.data).ok().map(str::to_owned)
}

fn hex(algorithm: &'static Algorithm, bytes: &[u8]) -> String {
    let hash = digest(algorithm, bytes);
    hash.as_ref().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustls::pki_types::{CertificateDer, pem::PemObject};

    /// protocol.md C.1.
    const C1: &str = include_str!("../../tests/c1.pem");

    #[test]
    fn the_vector_c1() {
        let der = CertificateDer::from_pem_slice(C1.as_bytes()).unwrap();
        assert_eq!(der.len(), 550);
        let facts = facts(&der).unwrap();
        let names: Vec<_> = facts
            .identifiers
            .iter()
            .map(|i| (i.kind, i.name.as_str()))
            .collect();
        assert_eq!(
            names,
            [
                ("dns", "xmpp1.receiving.example"),
                ("dns", "*.cluster.receiving.example"),
                ("srv", "target.example"),
                ("xmpp", "target.example"),
            ]
        );
        assert_eq!(
            facts.digests.sha256,
            "1ee361ce2b36edf2f72bd0a8f7aad5b573439ca43e1b48687bf91f3053872cc5"
        );
        assert_eq!(
            facts.digests.spki_sha256,
            "2c9f7561dd4dff562380039052dca1d7f272a709adff245737d1625f2da456af"
        );
        assert_eq!(
            facts.digests.sha512,
            "fa0cdaa9c4b5616ad9b2574e739900f65fd9be70030f1833b5e19e8727fd65c372dac84588007e3cd69b99d6027cafd94794117cc876ec1e3e4c261cc1af8c4b"
        );
        assert_eq!(
            facts.digests.spki_sha512,
            "fcd098180ef94ceb58f9de1639aedb8b2712d666605515a6e95ccd86eb44f17185155f6379891493405d65628ede9f604af4bb5c2f7648b15a9ae5a308be6754"
        );
    }

    #[test]
    fn what_is_no_certificate_gives_none() {
        assert!(facts(b"").is_none());
        assert!(facts(&[0x30, 0x80, 1, 2, 3]).is_none());
    }

    #[test]
    fn tls_16_tls_18_names_that_could_never_match_are_left_out() {
        for name in [
            "x*.example.org",
            "a.*.org",
            "*",
            "*.",
            "",
            "a..b",
            "a b.example",
            "a/b",
            "u@a.example",
            "a\0.example",
        ] {
            assert!(named("dns", name).is_none(), "{name:?}");
        }
        assert_eq!(named("dns", "*.Example.ORG").unwrap().name, "*.example.org");
        for name in [
            "*.example",
            "admin@sender.example",
            "sender.example/x",
            "a.example.",
        ] {
            assert!(named("xmpp", name).is_none(), "{name:?}");
            assert!(named("srv", name).is_none(), "{name:?}");
        }
        assert_eq!(
            named("xmpp", "München.example").unwrap().name,
            "münchen.example"
        );
        assert!(named("dns", "münchen.example").is_none());
    }

    #[test]
    fn tls_15_another_service_is_no_name() {
        assert_eq!(strip_service("_xmpp-client.sender.example"), None);
        assert_eq!(
            strip_service("_XMPP-Server.sender.example"),
            Some("sender.example")
        );
        assert_eq!(strip_service("_xmpp"), None);
    }
}
