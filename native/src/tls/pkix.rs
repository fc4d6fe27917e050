//! Chains, by rustls-webpki, to configured anchors and nothing else (protocol.md 6.4, 6.6).
use super::staple::{self, Status};
use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use std::time::Duration;
use webpki::{EndEntityCert, Error, KeyUsage, VerifiedPath, anchor_from_trusted_cert};
use x509_parser::extensions::KeyUsage as KeyUsageBits;
use x509_parser::prelude::{FromDer, X509Certificate};

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
    /// By the issuer's own word, stapled.
    Revoked = 8,
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

    /// For a verifier of rustls' own.
    pub fn roots(&self) -> RootCertStore {
        RootCertStore {
            roots: self.0.clone(),
        }
    }
}

fn anchor(der: &CertificateDer<'_>) -> Result<TrustAnchor<'static>, Error> {
    anchor_from_trusted_cert(der).map(|anchor| anchor.to_owned())
}

/// A chain that leads to an anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The earliest end of validity along it, in ms since the epoch.
    pub until: i64,
    /// An authority in it is bound to certain names. webpki applies that to DNS names alone, so only those count
    /// (RFC 9525 6.1; protocol.md 6.5).
    pub constrained: bool,
    /// What was stapled to the leaf; never `Revoked`.
    pub status: Status,
}

/// Validates a chain, leaf first. `staple`: the OCSP response that came with it, or nothing.
pub fn verify(
    chain: &[CertificateDer<'_>],
    anchors: &Anchors,
    now_ms: u64,
    role: Role,
    staple: &[u8],
) -> Result<Accepted, Refusal> {
    let [leaf, others @ ..] = chain else {
        return Err(Refusal::Malformed);
    };
    let parsed = parse(leaf)?;
    let end_entity = EndEntityCert::try_from(leaf).map_err(|_| Refusal::Malformed)?;
    let algorithms = ring::default_provider().signature_verification_algorithms;
    let now = UnixTime::since_unix_epoch(Duration::from_millis(now_ms));
    let by_usage = |usage| {
        let path =
            end_entity.verify_for_usage(algorithms.all, &anchors.0, others, now, usage, None, None);
        match path {
            Ok(path) => {
                let issuer = path.issuer_spki();
                match staple::status(staple, &parsed, &issuer, now_ms) {
                    Status::Revoked => Err(Refusal::Revoked),
                    status => walk(&parsed, &path, status),
                }
            }
            Err(error) => Err(refusal(&error, &parsed)),
        }
    };
    let as_server = by_usage(KeyUsage::server_auth());
    match as_server {
        Err(_) if role == Role::Client => by_usage(KeyUsage::client_auth()).or(as_server),
        other => other,
    }
}

/// Whether the chain leads to one certificate as its anchor, published rather than configured (RFC 7671 5.2). Unlike a
/// configured one it must itself be an authority at this time.
pub fn verify_to(
    chain: &[CertificateDer<'_>],
    authority: &CertificateDer<'_>,
    now_ms: u64,
    role: Role,
) -> Result<Accepted, Refusal> {
    let parsed = parse(authority)?;
    let constraints = parsed.basic_constraints();
    let is_authority = constraints.map_err(|_| Refusal::Malformed)?;
    if !is_authority.is_some_and(|basic| basic.value.ca)
        || !may(&parsed, KeyUsageBits::key_cert_sign)?
    {
        return Err(Refusal::Untrusted);
    }
    let now = i64::try_from(now_ms).unwrap_or(i64::MAX);
    if now < start_ms(&parsed) {
        return Err(Refusal::NotYetValid);
    }
    if now > end_ms(&parsed) {
        return Err(Refusal::Expired);
    }
    let anchors = Anchors(vec![anchor(authority).map_err(|_| Refusal::Malformed)?]);
    let accepted = verify(chain, &anchors, now_ms, role, &[])?;
    Ok(Accepted {
        until: accepted.until.min(end_ms(&parsed)),
        ..accepted
    })
}

fn parse<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, Refusal> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(Refusal::Malformed),
    }
}

/// What webpki leaves out: keyUsage (RFC 5280 4.2.1.3; RFC 8446 4.4.2.2), and what is asked of a path besides its validity.
fn walk(
    leaf: &X509Certificate<'_>,
    path: &VerifiedPath<'_>,
    status: Status,
) -> Result<Accepted, Refusal> {
    if !may(leaf, KeyUsageBits::digital_signature)? {
        return Err(Refusal::Usage);
    }
    let mut accepted = Accepted {
        until: end_ms(leaf),
        constrained: path.anchor().name_constraints.is_some(),
        status,
    };
    for certificate in path.intermediate_certificates() {
        let der = certificate.der();
        let authority = parse(&der)?;
        if !may(&authority, KeyUsageBits::key_cert_sign)? {
            return Err(Refusal::Untrusted);
        }
        let constraints = authority.name_constraints();
        accepted.constrained |= constraints.map_err(|_| Refusal::Malformed)?.is_some();
        accepted.until = accepted.until.min(end_ms(&authority));
    }
    Ok(accepted)
}

/// Whether the certificate's key may be used so; one without keyUsage may everything.
fn may(
    certificate: &X509Certificate<'_>,
    wanted: impl Fn(&KeyUsageBits) -> bool,
) -> Result<bool, Refusal> {
    let usage = certificate.key_usage().map_err(|_| Refusal::Malformed)?;
    Ok(usage.is_none_or(|usage| wanted(usage.value)))
}

fn start_ms(certificate: &X509Certificate<'_>) -> i64 {
    let start = certificate.validity().not_before.timestamp();
    start.saturating_mul(1000)
}

fn end_ms(certificate: &X509Certificate<'_>) -> i64 {
    let end = certificate.validity().not_after.timestamp();
    end.saturating_mul(1000)
}

fn refusal(error: &Error, leaf: &X509Certificate<'_>) -> Refusal {
    let own = leaf.subject().as_raw() == leaf.issuer().as_raw();
    match error {
        Error::CertExpired { .. } => Refusal::Expired,
        Error::CertNotValidYet { .. } => Refusal::NotYetValid,
        Error::CaUsedAsEndEntity | Error::UnknownIssuer if own => Refusal::SelfSigned,
        Error::CaUsedAsEndEntity => Refusal::AuthorityAsLeaf,
        Error::RequiredEkuNotFoundContext(_) => Refusal::Usage,
        Error::UnknownIssuer
        | Error::EndEntityUsedAsCa
        | Error::NameConstraintViolation
        | Error::PathLenConstraintViolated
        | Error::MaximumPathDepthExceeded
        | Error::MaximumPathBuildCallsExceeded
        | Error::MaximumSignatureChecksExceeded
        | Error::MaximumNameConstraintComparisonsExceeded => Refusal::Untrusted,
        _ => Refusal::Malformed,
    }
}
