//! Proof of possession and nothing else: chains and names are judged outside (protocol.md 6.1, hostname
//! check off).
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use std::sync::{Arc, OnceLock};

const MAX_CHAIN: usize = 10;
const MAX_CERTIFICATE: usize = 16 * 1024;

/// Accepts every chain of sane size whose leaf is strict DER of X.509 v3 and whose key signed this
/// handshake. A v1 leaf would escape the signature check in other libraries (platform.md 1.3).
///
/// What a client shows and nobody can read is no certificate (protocol.md 6.4): no signature can be asked of it, and
/// `Channel::chain` never gives it out.
#[derive(Debug)]
pub struct Possession(pub Arc<CryptoProvider>);

fn check_size(leaf: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> Result<(), Error> {
    let oversized = leaf.len() > MAX_CERTIFICATE
        || others.len() >= MAX_CHAIN
        || others.iter().any(|c| c.len() > MAX_CERTIFICATE);
    if oversized {
        return Err(CertificateError::BadEncoding.into());
    }
    Ok(())
}

/// Whether its key could sign a handshake at all.
pub fn is_readable(leaf: &CertificateDer<'_>) -> bool {
    ParsedCertificate::try_from(leaf).is_ok()
}

impl Possession {
    fn tls12(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn tls13(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// The same for what one server shows; what it staples is kept and judged outside too.
#[derive(Debug)]
pub struct Shown {
    possession: Arc<Possession>,
    staple: OnceLock<Vec<u8>>,
}

impl Shown {
    pub fn new(possession: Arc<Possession>) -> Shown {
        Shown {
            possession,
            staple: OnceLock::new(),
        }
    }

    /// The OCSP response as it came; empty when none did.
    pub fn staple(&self) -> &[u8] {
        self.staple.get().map_or(&[], Vec::as_slice)
    }
}

impl ServerCertVerifier for Shown {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        check_size(leaf, others)?;
        let _ = self.staple.set(ocsp.to_vec());
        ParsedCertificate::try_from(leaf).map(|_| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.possession.tls12(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.possession.tls13(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.possession.schemes()
    }
}

impl ClientCertVerifier for Possession {
    fn offer_client_auth(&self) -> bool {
        true
    }

    /// protocol.md A-6: requested, never demanded.
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    /// protocol.md 6.4: an empty list of acceptable authorities.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        check_size(leaf, others).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if !is_readable(certificate) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        self.tls12(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if !is_readable(certificate) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        self.tls13(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes()
    }
}
