//! Chains, by rustls-webpki, to configured anchors and nothing else (protocol.md 6.4, 6.6).
use super::certificate;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use std::time::Duration;
use webpki::{EndEntityCert, Error, KeyUsage, VerifiedPath, anchor_from_trusted_cert};

/// What the peer was in the handshake; it decides about extended key usages (protocol.md 6.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// serverAuth, clientAuth or no usage at all: public authorities issue serverAuth alone.
    Client,
    /// serverAuth, or no usage at all.
    Server,
}

/// Why a chain is not accepted; the numbers cross the FFI border as negative results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Refusal {
    Malformed = 1,
    Untrusted = 2,
    Expired = 3,
    NotYetValid = 4,
    AuthorityAsLeaf = 5,
    SelfSigned = 6,
    Usage = 7,
}

#[derive(Debug)]
pub struct Anchors(Vec<TrustAnchor<'static>>);

impl Anchors {
    /// The machine's own store, PEM texts, or both.
    pub fn new<'a>(system: bool, pems: impl Iterator<Item = &'a [u8]>) -> Result<Anchors, String> {
        let mut anchors = Vec::new();
        if system {
            // A store with some unreadable certificates is the usual case: the rest counts.
            let found = rustls_native_certs::load_native_certs().certs;
            anchors.extend(found.iter().filter_map(|der| anchor(der).ok()));
        }
        for pem in pems {
            let before = anchors.len();
            for der in CertificateDer::pem_slice_iter(pem) {
                let der = der.map_err(|e| format!("cannot be read: {e}"))?;
                anchors.push(anchor(&der).map_err(|e| format!("is no trust anchor: {e}"))?);
            }
            if anchors.len() == before {
                return Err("holds no certificate".into());
            }
        }
        Ok(Anchors(anchors))
    }
}

fn anchor(der: &CertificateDer<'_>) -> Result<TrustAnchor<'static>, Error> {
    anchor_from_trusted_cert(der).map(|anchor| anchor.to_owned())
}

/// Validates a chain, leaf first; the earliest end of validity along it, in ms since the epoch.
pub fn verify(
    chain: &[CertificateDer<'_>],
    anchors: &Anchors,
    now_ms: u64,
    role: Role,
) -> Result<i64, Refusal> {
    let [leaf, others @ ..] = chain else {
        return Err(Refusal::Malformed);
    };
    let leaf_facts = certificate::facts(leaf).ok_or(Refusal::Malformed)?;
    let end_entity = EndEntityCert::try_from(leaf).map_err(|_| Refusal::Malformed)?;
    let algorithms = ring::default_provider().signature_verification_algorithms;
    let now = UnixTime::since_unix_epoch(Duration::from_millis(now_ms));
    let by_usage = |usage| {
        let verified =
            end_entity.verify_for_usage(algorithms.all, &anchors.0, others, now, usage, None, None);
        verified.map(|path| earliest_end(&path, leaf_facts.not_after))
    };
    let as_server = by_usage(KeyUsage::server_auth());
    let verified = match as_server {
        Err(_) if role == Role::Client => by_usage(KeyUsage::client_auth()).or(as_server),
        other => other,
    };
    verified.map_err(|error| refusal(&error, &leaf_facts))
}

fn earliest_end(path: &VerifiedPath<'_>, leaf: i64) -> i64 {
    let between = path.intermediate_certificates();
    let ends = between.filter_map(|c| certificate::facts(&c.der()).map(|facts| facts.not_after));
    ends.fold(leaf, i64::min)
}

fn refusal(error: &Error, leaf: &certificate::Facts) -> Refusal {
    match error {
        Error::CertExpired { .. } => Refusal::Expired,
        Error::CertNotValidYet { .. } => Refusal::NotYetValid,
        Error::CaUsedAsEndEntity if leaf.subject == leaf.issuer => Refusal::SelfSigned,
        Error::CaUsedAsEndEntity => Refusal::AuthorityAsLeaf,
        Error::RequiredEkuNotFoundContext(_) => Refusal::Usage,
        Error::UnknownIssuer if leaf.subject == leaf.issuer => Refusal::SelfSigned,
        Error::UnknownIssuer => Refusal::Untrusted,
        _ => Refusal::Malformed,
    }
}
