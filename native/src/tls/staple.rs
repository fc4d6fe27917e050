//! A stapled OCSP response: what the issuer of a leaf says of it (RFC 6960, RFC 6066 8; protocol.md 6.6).
use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier};
use der::{Decode, Encode, SliceReader};
use ring::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, Der, TrustAnchor, UnixTime};
use std::time::Duration;
use webpki::{EndEntityCert, KeyUsage};
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspGeneralizedTime, OcspResponse, OcspResponseStatus,
    ResponseData, SingleResponse,
};
use x509_parser::prelude::{FromDer, X509Certificate};

const BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");
const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA256_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
/// id-kp-OCSPSigning, the contents of its DER.
const OCSP_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x09];

/// More is no word about one leaf.
const MOST_BYTES: usize = 16 * 1024;
/// Each costs two signatures.
const MOST_SIGNERS: usize = 4;
const SKEW_MS: i64 = 300_000;
/// Without nextUpdate newer words are always to be had: so long one counts.
const UNDATED_MS: i64 = 24 * 3600 * 1000;

/// What a response is worth. Only `Revoked` has a consequence: the rest leaves the chain as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Until when, in ms since the epoch.
    Good(i64),
    Revoked,
    Nothing(Why),
}

impl Status {
    /// As it crosses the FFI border: its end, or minus why it says nothing.
    pub fn code(self) -> i64 {
        match self {
            Status::Good(until) => until,
            Status::Revoked => 0,
            Status::Nothing(why) => -i64::from(why as i32),
        }
    }
}

/// Why a response says nothing; the numbers cross the FFI border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Why {
    Absent = 0,
    Malformed = 1,
    /// The responder's own error, or another kind of response.
    Unsuccessful = 2,
    AnotherCertificate = 3,
    /// Signed by nobody whom the issuer lets speak.
    Signer = 4,
    /// Outside thisUpdate and nextUpdate.
    OutOfDate = 5,
    Unknown = 6,
}

/// `response` as the peer stapled it to `leaf`, whose accepted path has an issuer with this SubjectPublicKeyInfo.
pub fn status(response: &[u8], leaf: &X509Certificate<'_>, issuer: &[u8], now_ms: u64) -> Status {
    if response.is_empty() {
        return Status::Nothing(Why::Absent);
    }
    read(response, leaf, issuer, now_ms).unwrap_or_else(Status::Nothing)
}

fn read(
    response: &[u8],
    leaf: &X509Certificate<'_>,
    issuer: &[u8],
    now_ms: u64,
) -> Result<Status, Why> {
    let basic = basic(response)?;
    let key = Key::read(issuer).ok_or(Why::Malformed)?;
    let data = &basic.tbs_response_data;
    let about = |one: &&SingleResponse| is_about(&one.cert_id, leaf, key.bits);
    let single = data
        .responses
        .iter()
        .find(about)
        .ok_or(Why::AnotherCertificate)?;
    if !is_signed(&basic, leaf, &key, now_ms) {
        return Err(Why::Signer);
    }
    if has_unread(data, single) {
        return Err(Why::Malformed);
    }
    let until = current(single, now_ms as i64).ok_or(Why::OutOfDate)?;
    match single.cert_status {
        CertStatus::Good(_) => Ok(Status::Good(until)),
        CertStatus::Revoked(_) => Ok(Status::Revoked),
        CertStatus::Unknown(_) => Err(Why::Unknown),
    }
}

fn basic(response: &[u8]) -> Result<BasicOcspResponse, Why> {
    if response.len() > MOST_BYTES {
        return Err(Why::Malformed);
    }
    let outer = OcspResponse::from_der(response).map_err(|_| Why::Malformed)?;
    let (OcspResponseStatus::Successful, Some(inner)) =
        (outer.response_status, outer.response_bytes)
    else {
        return Err(Why::Unsuccessful);
    };
    if inner.response_type != BASIC {
        return Err(Why::Unsuccessful);
    }
    BasicOcspResponse::from_der(inner.response.as_bytes()).map_err(|_| Why::Malformed)
}

/// RFC 6960 4.1.1: the issuer by the hashes of its name and its key, the leaf by its serial number.
fn is_about(id: &CertId, leaf: &X509Certificate<'_>, issuer_key: &[u8]) -> bool {
    let algorithm: &'static Algorithm = match id.hash_algorithm.oid {
        SHA1 => &SHA1_FOR_LEGACY_USE_ONLY,
        SHA256_OID => &SHA256,
        _ => return false,
    };
    let is = |hash: &[u8], of: &[u8]| digest(algorithm, of).as_ref() == hash;
    unsigned(id.serial_number.as_bytes()) == unsigned(leaf.raw_serial())
        && is(id.issuer_name_hash.as_bytes(), leaf.issuer().as_raw())
        && is(id.issuer_key_hash.as_bytes(), issuer_key)
}

/// Without the zeros that keep an INTEGER positive.
fn unsigned(mut serial: &[u8]) -> &[u8] {
    while let [0, rest @ ..] = serial {
        serial = rest;
    }
    serial
}

/// RFC 6960 4.2.2.2: by the issuer itself, or by a certificate that it issued for that very purpose.
fn is_signed(
    basic: &BasicOcspResponse,
    leaf: &X509Certificate<'_>,
    issuer: &Key<'_>,
    now_ms: u64,
) -> bool {
    // Strict DER: what was encoded in another way is not what was signed.
    let (Ok(message), Ok(algorithm), Some(signature)) = (
        basic.tbs_response_data.to_der(),
        basic.signature_algorithm.to_der(),
        basic.signature.as_bytes(),
    ) else {
        return false;
    };
    let delegates = basic.certs.iter().flatten().take(MOST_SIGNERS);
    let mut delegates = delegates.filter_map(|delegate| delegate.to_der().ok());
    issuer.signed(&message, &algorithm, signature)
        || delegates.any(|der| {
            is_delegate(&der, leaf, issuer, now_ms)
                && key_of(&der).is_some_and(|key| key.signed(&message, &algorithm, signature))
        })
}

fn key_of(der: &[u8]) -> Option<Key<'_>> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    Key::read(certificate.tbs_certificate.subject_pki.raw)
}

/// Issued by the issuer itself, now, for OCSP signing.
fn is_delegate(der: &[u8], leaf: &X509Certificate<'_>, issuer: &Key<'_>, now_ms: u64) -> bool {
    let der = CertificateDer::from(der);
    let (Ok(name), Ok(delegate)) = (
        AnyRef::from_der(leaf.issuer().as_raw()),
        EndEntityCert::try_from(&der),
    ) else {
        return false;
    };
    let anchor = TrustAnchor {
        subject: Der::from_slice(name.value()),
        subject_public_key_info: Der::from_slice(issuer.contents),
        name_constraints: None,
    };
    let now = UnixTime::since_unix_epoch(Duration::from_millis(now_ms));
    let algorithms = default_provider().signature_verification_algorithms;
    let usage = KeyUsage::required(OCSP_SIGNING);
    delegate
        .verify_for_usage(algorithms.all, &[anchor], &[], now, usage, None, None)
        .is_ok()
}

/// RFC 6960 4.4: what is critical and not read makes the rest worth nothing.
fn has_unread(data: &ResponseData, single: &SingleResponse) -> bool {
    let all = [&data.response_extensions, &single.single_extensions];
    all.into_iter().flatten().flatten().any(|one| one.critical)
}

/// Until when it counts; None: not now.
fn current(single: &SingleResponse, now: i64) -> Option<i64> {
    let since = ms(&single.this_update);
    let until = single.next_update.as_ref().map_or(since + UNDATED_MS, ms);
    (since - SKEW_MS <= now && now < until).then_some(until)
}

fn ms(time: &OcspGeneralizedTime) -> i64 {
    time.0.to_unix_duration().as_millis() as i64
}

/// A SubjectPublicKeyInfo, taken apart.
struct Key<'a> {
    contents: &'a [u8],
    /// The contents of its AlgorithmIdentifier.
    algorithm: &'a [u8],
    bits: &'a [u8],
}

impl<'a> Key<'a> {
    fn read(spki: &'a [u8]) -> Option<Key<'a>> {
        let contents = AnyRef::from_der(spki).ok()?.value();
        let mut reader = SliceReader::new(contents).ok()?;
        let algorithm = AnyRef::decode(&mut reader).ok()?.value();
        let bits = BitStringRef::decode(&mut reader).ok()?.as_bytes()?;
        Some(Key {
            contents,
            algorithm,
            bits,
        })
    }

    /// Whether this key made `signature` of `message`. `algorithm`: DER of the signature's AlgorithmIdentifier.
    fn signed(&self, message: &[u8], algorithm: &[u8], signature: &[u8]) -> bool {
        let Ok(algorithm) = AnyRef::from_der(algorithm) else {
            return false;
        };
        let algorithms = default_provider().signature_verification_algorithms;
        algorithms.all.iter().any(|one| {
            one.signature_alg_id().as_ref() == algorithm.value()
                && one.public_key_alg_id().as_ref() == self.algorithm
                && one.verify_signature(self.bits, message, signature).is_ok()
        })
    }
}
